"""Output to fragments: segmentation, claim texts with their spans, what is not checkable, and the check of a split. Pure."""
