"""How the handbook's pages are made of its text."""
