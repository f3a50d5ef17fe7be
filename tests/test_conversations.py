"""Conversations of a researcher with no LLM: every turn says what its question must become and what its answer must hold."""

from __future__ import annotations

import pytest
from answer_contract import check_answer, cited_titles

# A turn: the question, and what must hold of it: words of its standalone form ("!" before what it must not hold) or of
# the answer's text, "=STATUS", "#N" for so many papers cited, "@TITLE" for the one paper cited (its beginning).
CONVERSATIONS = {
    "exchange a year, then an author": [
        ("Which papers did Lucas Beyer write in 2022?", "2022", "5 of the 82", "#5"),
        ("How many are there?", "How many papers did Lucas Beyer write in 2022", "5 of the 82"),
        ("And in 2023?", "Lucas Beyer", "2023", "!2022", "by Lucas Beyer and from 2023"),
        ("And by Kolesnikov?", "Kolesnikov", "2023", "!Beyer", "by Kolesnikov and from 2023"),
    ],
    "narrow a list": [
        ("Which papers did Lucas Beyer write in 2022?", "2022", "#5"),
        ("Which of them mention ImageNet?", "Lucas Beyer", "2022", "ImageNet", "says “ImageNet”", "by Lucas Beyer and from 2022"),
        ("only those by Kolesnikov", "Lucas Beyer", "ImageNet", "Kolesnikov", "=answered"),
    ],
    "the newest of a list": [
        ("papers by ankur handa", "handa", "#4"),
        ("and the newest of them?", "handa", "newest", "@gvnn"),
        ("Who wrote it?", "gvnn", "Ankur Handa, Michael Bloesch"),
        ("what about the oldest?", "oldest", "@SynthCam3D"),
    ],
    "who, when and where": [
        ("What is Kubric?", "Kubric", "seamlessly scales"),
        ("Who wrote it?", "Kubric", "Klaus Greff"),
        ("When?", "When was Kubric published", "2022-03-07"),
        ("Where?", "Kubric", "arxiv.org/abs/2203.03570"),
    ],
    "short questions at once": [
        ("What does gvnn do?", "gvnn", "@gvnn"),
        ("authors?", "gvnn", "Ankur Handa"),
        ("Which year?", "gvnn", "2016"),
        ("link?", "gvnn", "1607.07405"),
        ("first author?", "first author of gvnn", "Its first author is Ankur Handa"),
    ],
    "one of a list and its authors": [
        ("Which papers are about race cars?", "race cars", "Formula SAE Racecar", "#2"),
        ("Tell me more about the second one", "Formula SAE Racecar", "!2017", "CNN-based", "@Learning a CNN"),
        ("Who are its authors?", "Formula SAE Racecar", "Skanda Koppula"),
        ("And the other one?", "Autonomous Racing", "Kieran Strobel"),
    ],
    "first, then last": [
        ("Which papers are from 2015?", "2015", "#3"),
        ("Who wrote the first one?", "SceneNet", "Ankur Handa"),
        ("What about the last one?", "Who wrote SynthCam3D", "@SynthCam3D"),
        ("When was it published?", "SynthCam3D", "2015-05"),
    ],
    "the first two": [
        ("Which papers are about tracking any point?", "tracking any point", "#3"),
        ("Summarise the first two", "TAPNext", "TAPVid-3D", "!BootsTAP", "#2"),
        ("Which of them is older?", "TAPNext", "TAPVid-3D", "The older of these 2 papers is “TAPVid-3D", "#2"),
    ],
    "by its number": [
        ("Which papers mention EgoSchema?", "EgoSchema", "#2"),
        ("what does number 2 say?", "A Simple Recipe", "@A Simple Recipe"),
        ("and [1]?", "Memory Consolidation", "@Memory Consolidation"),
    ],
    "a question that has no answer, and its like": [
        ("What is the capital of France?", "France", "=declined"),
        ("And of Germany?", "What is the capital of Germany", "!of of", "=declined"),
        ("What about Italy?", "What is the capital of Italy", "=declined"),
    ],
    "thanks is no question": [
        ("Which encoder does PaliGemma use?", "PaliGemma", "SigLIP-So400m"),
        ("thanks", "thanks", "Ask a question"),
        ("And SigLIP 2?", "SigLIP 2", "!thanks", "!collection", "@SigLIP 2"),
    ],
    "thanks, and then the same paper": [
        ("Who wrote FlexiViT?", "FlexiViT", "Lucas Beyer"),
        ("Great, thank you!", "Great", "=declined"),
        ("When was it published?", "FlexiViT", "2022-12-15"),
        ("ok", "ok", "=declined"),
        ("And which patch sizes does it take?", "FlexiViT", "patch size"),
    ],
    "a declined question is no topic": [
        ("Which encoder does PaliGemma use?", "PaliGemma", "SigLIP-So400m"),
        ("What is the boiling point of mercury?", "mercury", "=declined"),
        ("And of gold?", "boiling point of gold", "=declined"),
        ("Which papers are about galaxies?", "galaxies", "!gold", "@A Deep Learning Approach"),
    ],
    "a paper that the answer cites and nobody named": [
        ("Which paper introduces a detector for wheelchairs?", "wheelchairs", "DROW"),
        ("Who wrote it?", "DROW", "Alexander Hermans"),
        ("When was that published?", "DROW", "2016-03-08"),
    ],
    "a paper found by what it says": [
        ("Is there anything about merging galaxies?", "galaxies", "@A Deep Learning Approach"),
        ("Who are the authors of that paper?", "Galaxy Mergers", "Skanda Koppula"),
        ("What is the median error?", "Galaxy Mergers", "38.3"),
    ],
    "count for one, then another, then both": [
        ("How many papers did Xiaohua Zhai write?", "Zhai", "32 of the 82"),
        ("And Alexander Kolesnikov?", "How many papers did Alexander Kolesnikov write", "23 of the 82"),
        ("And together?", "Xiaohua Zhai", "Kolesnikov", "by Xiaohua Zhai and Alexander Kolesnikov"),
    ],
    "from a paper to its author": [
        ("Who wrote FlexiViT?", "FlexiViT", "Lucas Beyer"),
        ("What else did the first author write?", "Lucas Beyer", "40 of the 82"),
        ("How many is that?", "Lucas Beyer", "40 of the 82"),
        ("And what did he write in 2017?", "Lucas Beyer", "2017", "#3"),
    ],
    "from a ranking to a person": [
        ("Who is the most prolific author?", "prolific", "Lucas Beyer (40)"),
        ("How many papers did they write?", "Lucas Beyer", "40 of the 82"),
        ("Who are their co-authors?", "Lucas Beyer", "Xiaohua Zhai ("),
    ],
    "versions": [
        ("What does BootsTAP report on TAP-Vid-DAVIS?", "BootsTAP", "67.4%"),
        ("What did the earlier version say?", "earlier version of the abstract of BootsTAP", "66.4%"),
        ("Who wrote it?", "BootsTAP", "Carl Doersch"),
    ],
    "the newest paper": [
        ("What is the newest paper?", "newest", "@Efficiently Reconstructing"),
        ("What is it about?", "Efficiently Reconstructing", "@Efficiently Reconstructing", "D4RT"),
        ("Who are the authors?", "Efficiently Reconstructing", "Chuhan Zhang"),
    ],
    "a benchmark exchanged": [
        ("What accuracy does LiT reach on ObjectNet?", "LiT", "82.5%"),
        ("And on ImageNet?", "What accuracy does LiT reach on ImageNet", "85.2%"),
        ("Who wrote it?", "LiT", "Xiaohua Zhai"),
    ],
    "a name exchanged": [
        ("What is PaliGemma?", "PaliGemma", "@PaliGemma: A"),
        ("And PaliGemma 2?", "What is PaliGemma 2", "@PaliGemma 2"),
        ("What about DROW?", "What is DROW", "@DROW"),
    ],
    "what is mentioned, exchanged": [
        ("Which papers use Kinetics?", "Kinetics", "#6"),
        ("And ImageNet?", "Which papers use ImageNet", "!Kinetics", "says “ImageNet”"),
        ("since 2022?", "ImageNet", "since 2022", "from 2022"),
        ("only those by Zhai", "ImageNet", "Zhai", "by Zhai"),
    ],
    "a topic exchanged": [
        ("Which papers are about remote sensing?", "remote sensing", "In-domain"),
        ("and about race cars?", "race cars", "!remote", "#2"),
        ("how many about galaxies?", "How many", "galaxies", "1 of the 82"),
    ],
    "which is newer": [
        ("List the papers on remote sensing", "remote sensing", "#2"),
        ("Which is newer?", "remote sensing", "newest", "@Training general"),
        ("And who wrote it?", "Training general", "Maxim Neumann"),
    ],
    "months": [
        ("Which papers came out in May 2023?", "May 2023", "from 2023-05"),
        ("And in June 2023?", "June 2023", "!May", "@Image Captioners"),
        ("And in 2016?", "2016", "!June", "#3"),
    ],
    "a new topic after a list": [
        ("Which papers did Ankur Handa write?", "Handa", "#4"),
        ("Which encoder does PaliGemma use?", "Which encoder does PaliGemma use?", "@PaliGemma"),
        ("papers by Jannik Kossen", "papers by Jannik Kossen", "!Handa", "#2"),
    ],
    "a new list after a paper": [
        ("What is DROW?", "DROW", "@DROW"),
        ("Which papers are from 2016?", "Which papers are from 2016?", "#3"),
        ("How many are there?", "2016", "3 of the 82"),
    ],
    "an announced topic": [
        ("What is Kubric?", "Kubric", "@Kubric"),
        ("Now something else: who wrote DROW?", "Who wrote DROW", "!Kubric", "Lucas Beyer"),
    ],
    "are you sure": [
        ("How many papers are there?", "How many", "82"),
        ("Are you sure?", "How many papers are there", "82"),
    ],
    "tell me more": [
        ("What is VeLO?", "VeLO", "@VeLO"),
        ("Tell me more", "VeLO", "@VeLO"),
        ("Why?", "VeLO", "@VeLO"),
    ],
    "pronouns in a comparison": [
        ("What is SigLIP?", "SigLIP", "@Sigmoid Loss"),
        ("How does SigLIP 2 compare to it?", "SigLIP 2 compare to SigLIP"),
    ],
    "this paper, that work": [
        ("What does MULEX do?", "MULEX", "@MULEX"),
        ("When was this paper published?", "MULEX", "2019-07-01"),
        ("Who are the authors of that work?", "MULEX", "Lucas Beyer"),
    ],
    "each his own": [
        ("Which papers did Jannik Kossen write?", "Kossen", "#2"),
        ("Which is his newest?", "Kossen", "@Three Towers"),
        ("Did he write about robots?", "Kossen", "=declined"),
    ],
    "typing in a hurry": [
        ("papers by lukas beyer 2021", "beyer", "from 2021"),
        ("how many", "2021", "How many", "of the 82"),
        ("2022?", "2022", "!2021", "from 2022"),
    ],
    "by category": [
        ("Which papers are in the robotics category?", "robotics", "#4"),
        ("which of those are by Alexander Hermans?", "robotics", "Hermans", "#3"),
        ("the oldest?", "Hermans", "oldest", "@DROW"),
    ],
    "all of them": [
        ("Which papers are about race cars?", "race cars", "#2"),
        ("Compare them", "Autonomous Racing", "Formula SAE", "#2"),
    ],
    "an unknown author": [
        ("papers by Yann LeCun", "LeCun", "=declined", "LeCun"),
        ("and by Lucas Beyer?", "Lucas Beyer", "!LeCun", "40 of the 82"),
    ],
    "numbers of authors": [
        ("How many authors does FlexiViT have?", "FlexiViT", "It has 10 authors"),
        ("And DROW?", "DROW", "It has 3 authors"),
    ],
    "a long way back": [
        ("Which papers are about tracking any point?", "tracking", "#3"),
        ("Tell me more about the third one", "BootsTAP", "@BootsTAP"),
        ("Who wrote it?", "BootsTAP", "Carl Doersch"),
        ("And the second one?", "Who wrote TAPVid-3D", "@TAPVid-3D"),
    ],
    "declined, then a paper named": [
        ("What is the boiling point of mercury?", "=declined"),
        ("Who wrote it and when was Kubric published?", "Kubric", "!mercury", "2022-03-07"),
    ],
    "declined, then its pronoun": [
        ("What is the boiling point of mercury?", "=declined"),
        ("Who wrote it?", "!Kubric", "=declined"),
    ],
    "declined about a named paper keeps it": [
        ("Which encoder does PaliGemma use?", "SigLIP-So400m"),
        ("How many eggs does a hen lay?", "=declined"),
        ("Who wrote it?", "!hen", "!eggs"),
    ],
    "near miss keeps its paper": [
        ("What learning rate was used to train Kubric?", "=partial"),
        ("Who wrote it?", "Kubric", "Klaus Greff"),
        ("And what does it generate?", "Kubric", "@Kubric"),
    ],
    "correction": [
        ("How many parameters does PaLI-3 have?", "5B"),
        ("No, I meant PaLI-X", "PaLI-X", "!PaLI-3", "@PaLI-X"),
    ],
    "correction in other words": [
        ("Who wrote DROW?", "Lucas Beyer"),
        ("sorry, I mean EDEN", "Who wrote EDEN", "Skanda Koppula"),
        ("and when was it published?", "EDEN", "2019-10-12"),
    ],
    "correction not X but Y": [
        ("When was SigLIP published?", "2023-03-27"),
        ("not SigLIP, SigLIP 2", "When was SigLIP 2 published", "2025-02-20"),
    ],
    "actually": [
        ("What is LiT?", "@LiT"),
        ("Actually, what about LocCa?", "What is LocCa", "@LocCa"),
    ],
    "other paper": [
        ("Compare Sideways and Skip-Sideways", "#2"),
        ("Who wrote the other one?", "Mateusz Malinowski"),
    ],
    "the other paper of two": [
        ("Which papers are about race cars?", "#2"),
        ("When was the first one published?", "2020-07-28"),
        ("And the other paper?", "2017-07-12"),
    ],
    "two turns ago": [
        ("What is FlexiViT?", "@FlexiViT"),
        ("What is DROW?", "@DROW"),
        ("Who wrote it?", "DROW", "Alexander Hermans"),
        ("And the first paper I asked about?", "FlexiViT", "Lucas Beyer"),
    ],
    "back to": [
        ("What does VeLO do?", "@VeLO"),
        ("What is gvnn?", "@gvnn"),
        ("Back to VeLO: how much compute did it need?", "VeLO", "!gvnn", "four thousand TPU-months"),
    ],
    "going back": [
        ("How does EDEN save energy?", "@EDEN"),
        ("What is HiP?", "HiP"),
        ("Going back to EDEN, who are its authors?", "EDEN", "!HiP", "Skanda Koppula"),
    ],
    "hello first": [
        ("hello", "=declined"),
        ("Which encoder does PaliGemma use?", "SigLIP-So400m"),
        ("thanks a lot", "=declined"),
        ("And which language model?", "PaliGemma", "Gemma-2B"),
    ],
    "hi and a question": [
        ("Hi! What is Odin?", "Odin", "@Object discovery"),
        ("Thanks! Which datasets is it evaluated on?", "Odin", "@Object discovery"),
    ],
    "about the answer": [
        ("Which papers did Lucas Beyer write in 2022?", "#5"),
        ("Where did you get that from?", "Lucas Beyer", "2022", "#5"),
    ],
    "which paper says so": [
        ("How many days did robots run on their own?", "104 days"),
        ("Which paper says that?", "STRANDS", "@The STRANDS"),
    ],
    "which source": [
        ("What accuracy does LiT reach on ObjectNet?", "82.5%"),
        ("What is the source?", "LiT", "@LiT"),
    ],
    "shorter": [
        ("What is UViM?", "@UViM"),
        ("Can you say that more simply?", "UViM", "@UViM"),
    ],
    "repeat": [
        ("What does MULEX do?", "MULEX"),
        ("can you repeat that?", "MULEX", "@MULEX"),
    ],
    "ellipsis benchmark": [
        ("What accuracy does BiT get on ILSVRC-2012?", "87.5%"),
        ("And on CIFAR-10?", "BiT", "CIFAR-10", "99.4%"),
        ("And with 10 examples per class?", "BiT", "10 examples per class", "@Big Transfer"),
    ],
    "ellipsis paper": [
        ("When was TAPNext published?", "2025-04-08"),
        ("BootsTAP?", "When was BootsTAP published", "2024-02-01"),
        ("and its authors?", "BootsTAP", "Carl Doersch"),
    ],
    "comparison follow-up": [
        ("What is SigLIP?", "@Sigmoid"),
        ("How is SigLIP 2 different?", "SigLIP 2 different from SigLIP", "#2"),
        ("Which one is newer?", "SigLIP"),
    ],
    "both": [
        ("How do HiP and Perceiver IO differ?", "#2"),
        ("When were they published?", "HiP", "Perceiver IO"),
    ],
    "ordinal of compared": [
        ("Compare EDEN and EcoFlow", "#2"),
        ("Who wrote the second one?", "EcoFlow", "Lois Orosa"),
        ("and the first?", "EDEN", "@EDEN"),
    ],
    "topic change": [
        ("Which papers did Ankur Handa write?", "#4"),
        ("What is the Atari Grand Challenge?", "Atari", "!Handa", "@The Atari"),
        ("How large is it?", "Atari", "@The Atari"),
    ],
    "new named subject with it": [
        ("What is Kubric?", "@Kubric"),
        ("Does MLP-Mixer need convolutions or can it do without?", "MLP-Mixer", "!Kubric", "@MLP-Mixer"),
    ],
    "they": [
        ("Who wrote EDEN?", "Lois Orosa"),
        ("Did they also write EcoFlow?", "EcoFlow"),
    ],
    "their other papers": [
        ("Who is the first author of PaliGemma 2?", "Andreas Steiner"),
        ("What else did he write?", "Andreas Steiner", "12 of the 82"),
    ],
    "named then thing": [
        ("Tell me about the Perception Test", "@Perception Test"),
        ("How many videos does it have?", "Perception Test", "11.6k"),
        ("And participants?", "Perception Test", "100 participants"),
        ("licence?", "Perception Test", "CC-BY"),
    ],
    "what about numbers": [
        ("How many scans does DROW have?", "464k"),
        ("and annotated ones?", "DROW", "24k"),
    ],
    "why not": [
        ("Does VeLO need tuning?", "no hyperparameter tuning"),
        ("Why not?", "VeLO", "@VeLO"),
    ],
    "ok next": [
        ("What is SI-Score?", "SI-Score"),
        ("ok next question: what is BraVe?", "BraVe", "!SI-Score", "@Broaden"),
    ],
    "declined twice, then back": [
        ("What is PaliGemma?", "@PaliGemma: A"),
        ("Who won the world cup?", "=declined"),
        ("And the elections?", "=declined"),
        ("Who wrote PaliGemma?", "PaliGemma", "Lucas Beyer"),
    ],
    "asked of the wrong paper": [
        ("Which encoder does PaliGemma use?", "SigLIP-So400m"),
        ("Sorry, I was asking about PaliGemma 2", "PaliGemma 2", "@PaliGemma 2"),
    ],
    "not this but that": [
        ("Who wrote BiT?", "Alexander Kolesnikov"),
        ("wait, not BiT but S4L", "S4L", "Xiaohua Zhai"),
    ],
    "the wrong year": [
        ("Which papers did Lucas Beyer write in 2022?", "#5"),
        ("no, I meant 2023", "2023", "!2022", "by Lucas Beyer and from 2023"),
    ],
    "the wrong topic": [
        ("Which papers are about race cars?", "#2"),
        ("I mean remote sensing", "remote sensing", "!race"),
    ],
    "a paper named after a declined question": [
        ("How does EDEN save energy?", "EDEN"),
        ("What is the population of Norway?", "=declined"),
        ("And how much does EDEN save on GPUs?", "EDEN", "!Norway", "37%"),
    ],
    "why, after a declined question": [
        ("What is the population of Norway?", "=declined"),
        ("Why?", "!Norway(", "=declined"),
    ],
    "more, after a declined question": [
        ("What is the population of Norway?", "=declined"),
        ("Tell me more about it", "=declined"),
    ],
    "as for another": [
        ("What is MULEX?", "@MULEX"),
        ("As for HiP, what does it do?", "HiP", "!MULEX", "@HiP"),
    ],
    "the one before": [
        ("What is Kubric?", "@Kubric"),
        ("What is gvnn?", "@gvnn"),
        ("When was the one before published?", "Kubric", "2022-03-07"),
    ],
    "sources, please": [
        ("What is Kubric?", "@Kubric"),
        ("Who wrote it?", "Klaus Greff"),
        ("Sources?", "Who wrote Kubric", "Klaus Greff"),
    ],
    "in other words": [
        ("What is VeLO?", "@VeLO"),
        ("In other words?", "VeLO", "@VeLO"),
    ],
    "which of two is newer": [
        ("Is LiT better than 3T?", "LiT"),
        ("Which of them is newer?", "The newer of these 2 papers is “Three Towers", "#2"),
    ],
    "former and latter": [
        ("Compare PaLI-3 and PaLI-X", "#2"),
        ("How many parameters does the former have?", "PaLI-3", "5B"),
        ("And the latter?", "PaLI-X"),
    ],
    "a greeting inside a list": [
        ("Which papers mention EgoSchema?", "#2"),
        ("hi", "=declined"),
        ("Who wrote the second one?", "A Simple Recipe", "Papalampidi"),
    ],
    "a paper, then a benchmark exchanged": [
        ("What accuracy does LiT reach on ImageNet?", "85.2%"),
        ("And BiT?", "BiT", "87.5%"),
        ("and on CIFAR-10?", "BiT", "99.4%"),
    ],
    "thanks and a question": [
        ("Tell me about SI-Score", "SI-Score"),
        ("Which architectures does it investigate?", "SI-Score", "CLIP"),
        ("Thank you! Who made it?", "SI-Score", "Jessica Yung"),
    ],
    "a noun alone": [
        ("What is D4RT?", "D4RT"),
        ("Does it need per-frame decoding?", "D4RT", "per-frame decoding"),
        ("Which hardware?", "D4RT", "=partial"),
    ],
    "one name after the other": [
        ("When was DROW published?", "2016-03-08"),
        ("And DetTA?", "When was DetTA published", "2018-04-26"),
        ("MLP-Mixer?", "When was MLP-Mixer published", "2021-05-04"),
    ],
    "does it beat another": [
        ("What is EcoFlow?", "@EcoFlow"),
        ("Does it beat EDEN?", "EcoFlow", "EDEN", "#2"),
    ],
    "no pronoun, still the same paper": [
        ("What is the Perception Test?", "@Perception Test"),
        ("Who filmed the videos?", "Perception Test", "100 participants"),
        ("number of videos?", "Perception Test", "11.6k"),
    ],
    "what the paper says of itself": [
        ("What does DROW detect?", "@DROW"),
        ("Does the detector run on ROS?", "DROW", "@DROW"),
        ("Which papers are about galaxies?", "!DROW", "@A Deep Learning"),
    ],
    "in other words, then another topic": [
        ("What is EcoFlow?", "@EcoFlow"),
        ("and how much faster does training get?", "EcoFlow", "7-85%"),
        ("How do vision transformers scale?", "!EcoFlow"),
        ("How can people be found in range data?", "!EcoFlow"),
    ],
    "by how much": [
        ("What did BootsTAP improve?", "@BootsTAP"),
        ("By how much on Kinetics?", "BootsTAP", "62.5%"),
    ],
    "the other end of the authors": [
        ("Who is the first author of MLP-Mixer?", "Ilya Tolstikhin"),
        ("and the last author?", "MLP-Mixer", "Alexey Dosovitskiy"),
    ],
    "a list narrowed by a year": [
        ("Compare PaLI, PaLI-X and PaLI-3", "#3"),
        ("Which of them are from 2023?", "2 of the 3 papers", "#2"),
    ],
    "only those by somebody as first author": [
        ("Which papers detect things in 2D range data?", "#2"),
        ("On how many of those is Beyer the first author?", "2 of the 2 papers", "DROW", "#2"),
    ],
    "a topic named in a question of its own": [
        ("What does SI-Score vary?", "@SI-Score"),
        ("and galaxy mergers? over what time span does that model predict the stage?", "!SI-Score", "400 Myrs"),
    ],
    "never mind that": [
        ("What does EDEN do?", "@EDEN"),
        ("ok never mind that. How far off is the typical prediction of a galaxy merger stage?", "!EDEN", "!That", "38.3 million years"),
    ],
    "where the weights are": [
        ("Do I have to retrain a ViT to change the patch size?", "FlexiViT"),
        ("nice, where can I get the weights?", "FlexiViT", "github.com/google-research/big_vision"),
    ],
    "another subject in the same breath": [
        ("What does MC-ViT do?", "@Memory Consolidation"),
        ("Do you also have something on finding wheelchairs? What else can it find?", "!MC-ViT", "DROW"),
    ],
    "the first and the second that were asked about": [
        ("What is Three Towers?", "Three Towers"),
        ("and LiT?", "LiT"),
        ("When is the first one worse than the second?", "Three Towers", "LiT", "#2"),
    ],
    "the same question of another": [
        ("What accuracy does V-MoE reach on ImageNet?", "90.35%"),
        ("ok now SoViT-400m, same question", "!V-MoE", "90.3%"),
    ],
    "the other one": [
        ("any papers on race cars?", "#2"),
        ("which detector does the DUT18D paper use?", "YOLOv3"),
        ("ok and which problems does the other one tackle?", "!Low-Latency", "discretized steering"),
    ],
    "good to know": [
        ("How large can the batch be with the sigmoid loss?", "32k"),
        ("Good to know. Something else: the wheelchair detector, how many scans are in its dataset?", "!Sigmoid", "464k"),
    ],
    "one is anybody": [
        ("Explain VeLO.", "VeLO"),
        ("Does one have to tune anything?", "VeLO", "no hyperparameter tuning"),
        ("Are there other papers on optimizers?", "!VeLO"),
    ],
}  # fmt: skip


def holds(told, wanted: str) -> bool:
    if wanted.startswith("="):
        return told.status == wanted[1:]
    if wanted.startswith("#"):
        return len(cited_titles(told)) == int(wanted[1:])
    if wanted.startswith("@"):
        return len(titles := cited_titles(told)) == 1 and titles[0].startswith(wanted[1:])
    return wanted in told.text


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_conversation_is_followed_by_rule(seed_engine, name):
    history = []
    for question, *wanted in CONVERSATIONS[name]:
        told = check_answer(seed_engine.ask(question, history=history))
        shown = (question, told.standalone_question, told.status, told.text[:300])
        for each in wanted:
            is_kept_out = each.startswith("!")
            assert each[1:] not in told.standalone_question if is_kept_out else each in told.standalone_question or holds(told, each), (each, *shown)
        assert len(told.standalone_question) < 400 and told.question == question
        history += [("user", question), ("assistant", told.text)]


def test_papers_that_an_answer_calls_by_short_names_are_the_ones_meant(seed_engine):
    history = [("user", "Which papers introduce video benchmarks?"), ("assistant", "SciVid [1], TAPVid-3D [2] and Perception Test [3].")]
    told = check_answer(seed_engine.ask("Only the ones from 2024 please", history=history))
    assert [title.split(":")[0] for title in cited_titles(told)] == ["TAPVid-3D"] and "1 of the 3 papers" in told.text
    assert "SciVid" in seed_engine.ask("And the newest, what does it cover?", history=history).standalone_question
    assert "Perception Test" in seed_engine.ask("How long are the videos of the oldest one?", history=history).standalone_question
    assert "SciVid" in seed_engine.ask("For the first, what application areas does it cover?", history=history).standalone_question
    history = [("user", "Who is the first author of the MC-ViT paper?"), ("assistant", "The first author is Ivana Balažević [1].")]
    told = check_answer(seed_engine.ask("Is she on any other paper in here?", history=history))
    assert "PaliGemma: A versatile 3B VLM for transfer" in cited_titles(told)
    history = [("user", "Is Three Towers better than LiT?"), ("assistant", "With JFT it underperforms relative to LiT [1].")]
    assert "Three Towers" in seed_engine.ask("And with ImageNet-21k?", history=history).standalone_question
