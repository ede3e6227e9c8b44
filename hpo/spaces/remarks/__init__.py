"""What people should know of a file that is sound."""
