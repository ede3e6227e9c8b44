"""Parts of a space and how people say them; networks are not known here."""
