"""Which sets each model is trained on. They differ on purpose, so that the training distributions of the validators differ.

A number is a cap on rows. Sets with claim-only artefacts (BEGIN, InfoTabS) are capped; document sets come late for the
cross-encoder.
``hard_cases``, ``summary_cases`` and ``shortened_cases`` are the rows made by ``hard_cases.py``, ``hard_summaries.py`` and
``hard_shortened.py``.
"""

from __future__ import annotations

# MPNet cross-encoder: two thirds of the clean sentences, then everything mixed.
MPNET_CLEAN = {"ling_in_loop": 27000, "mnli": 10000, "cad_nli": 10000}
MPNET_MIXED = {
    "ling_in_loop": 13000,
    "mnli": 6000,
    "cad_nli": 4000,
    "hard_cases": 17000,
    "summary_cases": 6500,
    "rte": 4100,
    "covidfact": 3000,
    "climate_fever": 7000,
    "cg2c_doc": 2100,
    "halueval_qa": 870,
    "begin": 3500,
    "infotabs": 3500,
    "folio": 900,
    "evidence_inference": 1200,
    "nli4ct": 500,
}

# Third run of MPNet: nearly all of the clean sentences, all mistakes of summaries.
MPNET_FURTHER = {
    "ling_in_loop": 42000,
    "mnli": 6000,
    "cad_nli": 8000,
    "hard_cases": 14000,
    "summary_cases": 9500,
    "rte": 4100,
    "covidfact": 3000,
    "climate_fever": 5000,
    "cg2c_doc": 2100,
    "halueval_qa": 870,
    "begin": 3500,
    "infotabs": 4000,
    "folio": 900,
    "med": 1000,
    "evidence_inference": 1200,
    "nli4ct": 500,
}

# DeBERTa cross-encoder: most of what people wrote, each set up to what it has, and more hard cases than MPNet sees.
DEBERTA_CLEAN = {"ling_in_loop": 42000, "mnli": 6500, "cad_nli": 8300}
DEBERTA_MIXED = {
    "ling_in_loop": 34000,
    "mnli": 6500,
    "cad_nli": 7000,
    "hard_cases": 24000,
    "summary_cases": 10000,
    "rte": 4100,
    "covidfact": 4100,
    "climate_fever": 7700,
    "cg2c_doc": 2100,
    "halueval_qa": 870,
    "begin": 3500,
    "infotabs": 6000,
    "folio": 1000,
    "med": 2500,
    "evidence_inference": 3000,
    "nli4ct": 1700,
}

# Third run of DeBERTa: fewer single sentences, all that shortening does to one.
DEBERTA_THIRD = {
    **DEBERTA_MIXED,
    "ling_in_loop": 24000,
    "cad_nli": 5000,
    "hard_cases": 20000,
    "med": 1500,
    "begin": 3900,
    "shortened_cases": 9000,
}

# Alignment features: factual sets and hard cases; NLI over captions left out because it teaches world knowledge that features lack.
ALIGNMENT = {
    "hard_cases": 40000,
    "mnli": 6000,
    "ling_in_loop": 15000,
    "rte": 4100,
    "climate_fever": 4000,
    "covidfact": 2600,
    "cg2c_doc": 2100,
    "halueval_qa": 870,
    "evidence_inference": 2500,
    "nli4ct": 800,
    "begin": 1200,
    "infotabs": 3000,
    "summary_cases": 6500,
}

# Cross-attention over frozen sentence-encoder vectors.
CROSSATTENTION = {
    "mnli": 10000,
    "ling_in_loop": 25000,
    "cad_nli": 6000,
    "hard_cases": 16000,
    "cg2c_doc": 1200,
    "climate_fever": 3000,
    "covidfact": 1500,
    "halueval_qa": 600,
    "rte": 4100,
    "begin": 1000,
    "summary_cases": 4000,
}


def together(*stages: dict[str, int]) -> dict[str, int]:
    """The sets of several stages, each with its largest cap."""
    return {name: max(stage.get(name, 0) for stage in stages) for stage in stages for name in stage}
