"""OpenAI's API in front of any OpenAI-compatible upstream, with the state of verification in every answer."""
