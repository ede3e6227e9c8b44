"""What happens to images between the data set and the network."""
