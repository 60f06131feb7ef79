"""Measuring judgement: the same validators and the same committee rule that certify, on labelled claims."""
