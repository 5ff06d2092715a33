"""The language of a text: a page's own word is contradicted where that is sure, and never for a near language."""

from __future__ import annotations

import pytest

from archive.language import detect, differing

TEXTS = {
    "en": "The harbour of Vardania reopened on Monday after engineers had cleared the wreckage from its northern basin,"
    " and the ferries to the southern islands will leave again from Wednesday. The port council said in the morning"
    " that two pilots would board every larger vessel until the new lights at the breakwater were in service, which"
    " should be the case by the end of the summer.",
    "de": "Der Hafen von Vardania ist am Montag wieder geöffnet worden, nachdem Ingenieure die Trümmer aus dem"
    " nördlichen Becken geräumt hatten. Die Fähren zu den südlichen Inseln fahren ab Mittwoch wieder, teilte der"
    " Hafenrat am Morgen mit. Zwei Lotsen werden an Bord jedes größeren Schiffes gehen, bis die neuen Lichter am"
    " Wellenbrecher in Betrieb sind. Seit dem Frühjahr war der Hafen gesperrt, und wer auf die Inseln wollte, musste"
    " einen weiten Weg über die Nachbarstadt nehmen. Der Bürgermeister dankte allen, die an den Arbeiten beteiligt"
    " waren, und sagte, dass bis zum Ende des Sommers auch das südliche Becken wieder benutzt werden könne.",
    "uk": "Порт Варданії знову відкрили в понеділок після того, як інженери прибрали уламки з його північної гавані."
    " Пороми до південних островів ходитимуть знову із середи, повідомила вранці портова рада. Двоє лоцманів"
    " підніматимуться на борт кожного більшого судна, доки не запрацюють нові вогні на хвилеломі, і це має статися"
    " до кінця літа. Від весни порт був зачинений, і хто хотів потрапити на острови, мусив їхати далекою дорогою через"
    " сусіднє місто. Міський голова подякував усім, хто брав участь у роботах, і сказав, що до кінця літа знову"
    " можна буде користуватися також південною гаванню, а рибалки отримають нові причали біля старого маяка.",
    "ru": "Порт Вардании снова открыли в понедельник после того, как инженеры убрали обломки из его северной гавани."
    " Паромы к южным островам будут ходить снова со среды, сообщил утром портовый совет. Два лоцмана будут"
    " подниматься на борт каждого большого судна, пока не заработают новые огни на волноломе, и это должно быть"
    " сделано до конца лета. С весны порт был закрыт, и те, кто хотел попасть на острова, должны были ехать дальней"
    " дорогой через соседний город. Мэр поблагодарил всех, кто участвовал в работах, и сказал, что к концу лета можно"
    " будет снова пользоваться и южной гаванью, а рыбаки получат новые причалы возле старого маяка.",
    "ja": "バルダニアの港は月曜日に再び開かれた。技術者たちが北の泊地から残骸を取り除いたためである。南の島々への"
    "フェリーは水曜日から再び出る、と港の評議会が朝に述べた。新しい灯火が防波堤で使われるようになるまで、大きな"
    "船にはどれも二人の水先人が乗り込む。町の人々は朝から岸壁に集まり、最初の船が入ってくるのを待っていた。"
    "評議会によると、夏の終わりまでにすべての工事が終わる見込みで、漁師たちはそれまで南の泊地を使うことになる。"
    "市長は、港が開いたことを喜んでいると話し、工事に加わった人々に感謝した。バルダニアではこの春から港が閉じられ、"
    "島へ渡る人々は遠い町まで行かなければならなかった。市は来年までに新しい岸壁を作り、古い灯台のそばに漁師のための"
    "場所を用意することにしている。島の人々は、船がまた毎日出るようになれば買い物や通院が楽になると話している。",
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_text_is_known_by_its_language(language: str) -> None:
    assert detect(TEXTS[language]) == language


@pytest.mark.parametrize("language", TEXTS)
def test_what_is_declared_right_is_never_contradicted(language: str) -> None:
    assert differing(TEXTS[language], language) is None


@pytest.mark.parametrize(
    ("language", "declared"), [("de", "en"), ("uk", "en"), ("ru", "de"), ("en", "ru"), ("ja", "en")]
)
def test_a_template_in_another_language_is_contradicted(language: str, declared: str) -> None:
    assert differing(TEXTS[language], declared) == language


@pytest.mark.parametrize(("language", "declared"), [("uk", "ru"), ("ru", "uk")])
def test_ukrainian_and_russian_are_told_apart_by_their_letters(language: str, declared: str) -> None:
    assert differing(TEXTS[language], declared) == language


def test_a_text_in_both_is_in_the_declared_one() -> None:
    both = TEXTS["uk"][:200] + TEXTS["ru"][:200]
    assert (differing(both, "uk"), differing(both, "ru")) == (None, None)


@pytest.mark.parametrize(
    ("language", "declared"), [("ru", "bg"), ("uk", "be"), ("de", "lb"), ("en", "xh"), ("en", "utf"), ("de", "nds")]
)
def test_a_near_language_or_one_without_a_profile_is_believed(language: str, declared: str) -> None:
    assert differing(TEXTS[language], declared) is None


@pytest.mark.parametrize("text", ["", "Harbour reopens", TEXTS["de"][:150], "12345 " * 200, "zxqj vwkp " * 100])
def test_of_a_short_text_or_none_nothing_is_said(text: str) -> None:
    assert detect(text) is None
    assert differing(text, "en") is None
