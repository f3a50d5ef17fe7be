"""Markup becomes what a reader expects; ordinary text with the same characters stays as it is."""

from __future__ import annotations

import pytest

from qa_bot.markup import plain_text


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("FLOP and CO$_2$ footprints", "FLOP and CO₂ footprints"),
        (r"semantic-related tasks $\unicode{x2013}$ action", "semantic-related tasks – action"),
        ("large-scale, image--text models", "large-scale, image–text models"),
        ("labelled data --- performance increases", "labelled data — performance increases"),
        ("a unified recipe -- this includes", "a unified recipe – this includes"),
        (r"$\sim$100 and 50\% of $10^6$ or $10^{-3}$", "~100 and 50% of 10⁶ or 10⁻³"),
        (r"$O(n \log n)$, $\mathcal{O}(n^2)$, $\mathbb{R}^d$, $\frac{1}{2}$", "O(n log n), O(n²), ℝᵈ, 1/2"),
        (r"$\epsilon$-greedy $k$-NN with $\ell_2$ and $2\times$", "ε-greedy k-NN with ℓ₂ and 2×"),
        (r"PM$_{2.5}$ at 20$^\circ$C, AP$_{50:95}$, $W_{\text{out}}$", "PM2.5 at 20°C, AP50:95, W_out"),
        (r"\textit{one \textbf{two}} {\em three} \emph{four}", "one two three four"),
        (
            r"H\'enaff, H{\'e}naff, P\u{a}tr\u{a}ucean, Erd\H{o}s, \O{}ystein, \L ukasz, na\"{\i}ve",
            "Hénaff, Hénaff, Pătrăucean, Erdős, Øystein, Łukasz, naïve",
        ),
        ("``quoted text'' and `word'", "“quoted text” and ‘word’"),
        ("AT&amp;T, 3 &lt; 4, caf&eacute;, &#8211;", "AT&T, 3 < 4, café, –"),
        ("H<sub>2</sub>O and <i>in vitro</i>", "H₂O and in vitro"),
        ("<jats:p>First.</jats:p><jats:p>Second.</jats:p>", "First.\n\nSecond."),
        (
            r"see \url{http://a.org/b\_c} and \href{https://a.org/x}{the code}",
            "see http://a.org/b_c and the code (https://a.org/x)",
        ),
        ("Fig.~1 of Smith~et~al.", "Fig. 1 of Smith et al."),
        ("ﬁne-tuning of eﬃcient co\u00adoperation", "fine-tuning of efficient cooperation"),
        ("wrapped\nlines  here\n\nsecond paragraph", "wrapped lines here\n\nsecond paragraph"),
    ],
)
def test_markup_is_resolved(raw, plain):
    assert plain_text(raw) == plain


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10 million a year.",
        "between US$5-$10",
        "100$ or 200$",
        "snake_case, a_b_c, x^2 and 5% of 3 & 4 #1",
        "https://a.org/x_y--z~u?q=1&copy=2$",
        "run it with --flag and -v, then <input> to stdout -->",
        r"the file C:\temp\new and \undefinedmacro{x}",
        "don't say 'never' -- no, don't".replace(" -- ", " – "),
        "1 < 2 and 3 > 2, a <b c",
        "~100 users",
        r"$\undefinedmacro{x}_{a b c}$",
        "Unbalanced $x_1 and nothing after",
        "{braces} stay",
    ],
)
def test_ordinary_text_and_what_cannot_be_resolved_stay(text):
    assert plain_text(text) == text


def test_plain_text_of_plain_text_is_itself():
    raw = r"The $\unicode{x2013}$ image--text CO$_2$ \textit{word} ``quote'' 50\%"
    assert plain_text(plain_text(raw)) == plain_text(raw)
