"""Files written whole, and files read as data alone."""
