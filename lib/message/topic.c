/* SPDX-License-Identifier: MIT */
/*
 * Two cursors walk word by word. A `#` first takes nothing; when the rest does
 * not fit it takes one word more. Only the last `#` ever has to give: what an
 * earlier one took is settled by then, so the time is at most words times words.
 */
#include <msvc/message.h>

#include <string.h>

static size_t word_length(const char *word)
{
    return strcspn(word, ".");
}

/* NULL after the last word. */
static const char *next_word(const char *word)
{
    const char *dot = word + word_length(word);

    return *dot == '.' ? dot + 1 : NULL;
}

static bool is_sign(const char *word, char sign)
{
    return word != NULL && word[0] == sign && (word[1] == '.' || word[1] == '\0');
}

static bool fits(const char *pattern_word, const char *word)
{
    size_t length = word_length(word);

    if (is_sign(pattern_word, '*'))
        return true;
    return word_length(pattern_word) == length && memcmp(pattern_word, word, length) == 0;
}

bool msvc_topic_matches(const char *pattern, const char *topic)
{
    const char *after_many = NULL; /* of the pattern, behind the last # */
    const char *taken_to = NULL;   /* of the topic: what that # has not taken */

    if (pattern == NULL || topic == NULL)
        return false;
    while (topic != NULL) {
        if (is_sign(pattern, '#')) {
            pattern = after_many = next_word(pattern);
            taken_to = topic;
        } else if (pattern != NULL && fits(pattern, topic)) {
            pattern = next_word(pattern);
            topic = next_word(topic);
        } else if (taken_to != NULL) {
            topic = taken_to = next_word(taken_to);
            pattern = after_many;
        } else {
            return false;
        }
    }
    while (is_sign(pattern, '#'))
        pattern = next_word(pattern);
    return pattern == NULL;
}
