"""Files written whole, and files read as nothing but data."""
