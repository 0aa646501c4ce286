"""How the embedded model is made: pictures and captions from three packages, then its autoencoder, then its UNet."""
