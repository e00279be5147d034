"""Does nothing: the lab is told how its runs end."""
