"""The configurations of the ablation from StyleGAN2 to StyleGAN3-R, and what the paper found."""
