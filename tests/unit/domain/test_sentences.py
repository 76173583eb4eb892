"""What is said: English at once, and the makings of every other language."""

from app.domain.assets import CANCELLED_AT_MICROSOFT, cancellation_words
from app.domain.errors import ConflictError, NotFoundError
from app.domain.sentences import packed, said, unpacked


def test_a_sentence_is_english_and_remembers_how_it_came_about():
    sentence = said("Wait for %(what)s.", what=said("the schedule"))

    assert sentence == "Wait for the schedule."
    assert (sentence.message, sentence.values) == ("Wait for %(what)s.", {"what": "the schedule"})


def test_without_values_a_per_cent_sign_stands_for_itself():
    assert said("Between 0 and 100 %.") == "Between 0 and 100 %."


def test_a_value_may_be_called_message():
    error = ConflictError("Microsoft does not tell: %(message)s", message="no answer")

    assert str(error) == "Microsoft does not tell: no answer"


def test_a_sentence_is_kept_in_a_column_with_the_sentences_in_it():
    sentence = said("%(name)s waits for %(what)s.", name=7, what=said("the schedule"))

    kept = packed(sentence)

    again = unpacked(kept, "otherwise")
    assert (again, again.message) == (sentence, sentence.message)
    assert again.values["what"].message == "the schedule"


def test_of_a_text_that_is_no_sentence_the_text_itself_stays():
    assert packed("Microsoft's own words") == {}
    assert unpacked({}, "Microsoft's own words") == "Microsoft's own words"


def test_what_is_missing_is_said_in_the_same_words_for_everybody():
    assert str(NotFoundError()) == "There is nothing here."


def test_the_systems_own_reason_becomes_a_sentence_again_and_a_persons_stays_text():
    ours = cancellation_words(str(CANCELLED_AT_MICROSOFT))

    assert ours.message == CANCELLED_AT_MICROSOFT.message
    assert type(cancellation_words("Not needed any more.")) is str
