"""What a page is given, and what it asks for."""
