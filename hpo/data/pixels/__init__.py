"""Pixels: from the bytes of files to uint8 images, resized, cached and read in batches."""
