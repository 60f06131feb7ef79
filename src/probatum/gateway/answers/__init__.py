"""One answer of a model: asked for once, told to many, judged meanwhile."""
