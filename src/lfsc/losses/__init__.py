"""What the networks are trained on; every loss is a mean, a scalar in float32."""
