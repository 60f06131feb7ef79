"""One module for each change of the schema. None is ever edited; a change adds one."""
