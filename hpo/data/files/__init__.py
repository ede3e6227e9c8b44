"""Image files in folders and tables: listed, surveyed, and what is wrong with them."""
