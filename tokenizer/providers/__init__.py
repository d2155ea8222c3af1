"""Key providers: where epoch keys live, outside every database and backup."""
