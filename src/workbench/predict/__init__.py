"""Pictures become predictions: the engine that makes them and the store that keeps them."""
