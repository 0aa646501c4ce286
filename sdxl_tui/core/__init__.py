"""Values and files: what a job is, where things lie, what a model folder holds. Standard library and Pillow only."""
