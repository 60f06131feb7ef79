"""What is not checkable, and what is although it looks otherwise."""

from __future__ import annotations

import pytest

from probatum.claims.checkworthy import classify

NOT_CHECKABLE = {
    "Hello!": "greeting",
    "Happy to help!": "greeting",
    "Thanks for asking!": "greeting",
    "I hope this helps!": "greeting",
    "Let me know if you have any questions.": "greeting",
    "Best regards": "greeting",
    "您好！": "greeting",
    "Sure!": "greeting",
    "What is the capital of France?": "question",
    "Would you like to know more about Paris?": "question",
    "真的吗？": "question",
    "Really?": "question",
    "I think this is great.": "opinion",
    "In my opinion, it is the best choice.": "opinion",
    "Paris is a beautiful city.": "opinion",
    "The food is really delicious!": "opinion",
    "You should visit it.": "instruction",
    "Visit the Louvre.": "instruction",
    "Please click here.": "instruction",
    "Don't forget your passport.": "instruction",
    "Add 200 g of flour.": "instruction",
    "Here is a short summary:": "meta",
    "In summary:": "meta",
    "Key facts:": "meta",
    "https://example.org/a": "link",
    "Source: https://example.org/a": "link",
}

CLAIMS = [
    "Paris is the capital of France.",
    "Unfortunately, Paris has only two million inhabitants.",
    "I think Paris has 2 million inhabitants.",
    "In my opinion, Paris was founded in 250 BC.",
    "Did you know that Paris has 2 million inhabitants?",
    "Paris is the capital of France, right?",
    "The beautiful city of Paris has 2 million inhabitants.",
    "Patients should take 50 mg twice a day.",
    "Hello Kitty was created by Yuko Shimizu in 1974.",
    "Here is where Napoleon was buried in 1840.",
    "Note that Einstein was born in 1879.",
    "Use of the drug was banned in 1990.",
    "Answer: Germany",
    "No songs are visual.",
    "Reference no. 668",
    "Type: Public",
    "Website: www.example.org",
    "Thanks to the new rules, banks keep records.",
    "Of course this kind of policy is out of fashion.",
    "If you have diabetes, insulin is needed.",
    "In other words, the careless stay lucky.",
    "Store sales fell.",
    "Sign languages differ by region.",
    "The answer is 42.",
    "42",
    "Paris",
    "东京是日本的首都。",
    "No city is larger than Tokyo.",
    "Yes, Paris is the capital of France.",
]


@pytest.mark.parametrize(("text", "reason"), NOT_CHECKABLE.items(), ids=NOT_CHECKABLE.keys())
def test_not_checkable(text: str, reason: str) -> None:
    assert classify(text) == reason


@pytest.mark.parametrize("text", CLAIMS)
def test_in_doubt_it_is_a_claim(text: str) -> None:
    assert classify(text) is None
