"""Named, versioned corpora: documents added once, searched for every claim, kept as they were when a claim was judged."""

from probatum.evidence.corpus.corpus import Added, Corpus, Progress, Watch
from probatum.evidence.corpus.index import CorpusIndex
from probatum.evidence.corpus.manifest import Document, Version

__all__ = ["Added", "Corpus", "CorpusIndex", "Document", "Progress", "Version", "Watch"]
