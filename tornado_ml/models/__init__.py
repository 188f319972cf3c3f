"""What a model is: its declaration, its schemas, and the manager that knows which there are."""
