"""How worker processes are started, and what is said to them and by them."""
