"""Many runs of one recipe: what changes between them, who trains them, and what came out."""
