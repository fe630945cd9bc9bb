/* SPDX-License-Identifier: MIT */
/* The reader of feature files: what a scenario is made of. */
#include <string.h>

#include "gherkin.h"

#include "test.h"

static struct gherkin_feature *read_feature(const char *text)
{
    char why[256] = "";
    struct gherkin_feature *feature = gherkin_read(text, why);

    if (feature == NULL)
        fail_msg("%s", why);
    return feature;
}

static void puts_the_steps_of_the_background_first(void **state)
{
    struct gherkin_feature *f = read_feature("@tag\n"
                                             "Feature: Shop\n"
                                             "  What it is for\n"
                                             "\n"
                                             "  Background:\n"
                                             "    Given a table:\n"
                                             "      | name | price |\n"
                                             "      | a\\|b |       |\n"
                                             "  # a remark\n"
                                             "  Scenario: Buying\n"
                                             "    When I buy\n"
                                             "    * I pay\n"
                                             "  Scenario: Leaving\n"
                                             "    Then I leave\n");

    (void)state;
    assert_string_equal(f->name, "Shop");
    assert_int_equal(f->count, 2);
    assert_string_equal(f->scenarios[0].name, "Buying");
    assert_int_equal(f->scenarios[0].count, 3);
    assert_string_equal(f->scenarios[0].steps[2].text, "I pay");
    assert_string_equal(f->scenarios[1].steps[0].text, "a table:");
    assert_string_equal(gherkin_cell(&f->scenarios[1].steps[0].table, 0, "name"), "a|b");
    assert_string_equal(gherkin_cell(&f->scenarios[1].steps[0].table, 0, "price"), "");
    assert_null(gherkin_cell(&f->scenarios[1].steps[0].table, 0, "colour"));
    assert_null(gherkin_cell(&f->scenarios[1].steps[0].table, 1, "name"));
    gherkin_free(f);
}

static void makes_a_scenario_of_each_example(void **state)
{
    struct gherkin_feature *f = read_feature("Feature: F\n"
                                             "  Scenario Outline: <n> apples\n"
                                             "    Given <n> of <what>:\n"
                                             "      | <what> |\n"
                                             "    Examples:\n"
                                             "      | n | what |\n"
                                             "      | 1 | red  |\n"
                                             "      | 2 | blue |\n");

    (void)state;
    assert_int_equal(f->count, 2);
    assert_string_equal(f->scenarios[1].steps[0].text, "2 of blue:");
    assert_string_equal(f->scenarios[1].steps[0].table.cells[0], "blue");
    gherkin_free(f);
}

static void keeps_doc_strings_as_they_stand(void **state)
{
    struct gherkin_feature *f = read_feature("Feature: F\n"
                                             "  Scenario: S\n"
                                             "    Given a text:\n"
                                             "      \"\"\"\n"
                                             "      {\n"
                                             "        \"a\": 1\n"
                                             "      }\n"
                                             "      \"\"\"\n"
                                             "    Then more\n");

    (void)state;
    assert_string_equal(f->scenarios[0].steps[0].document, "{\n  \"a\": 1\n}");
    assert_string_equal(f->scenarios[0].steps[1].text, "more");
    gherkin_free(f);
}

static void says_where_it_is_no_gherkin(void **state)
{
    char why[256];

    (void)state;
    assert_null(gherkin_read("Feature: F\n  Scenario: S\n    Perhaps it works\n", why));
    assert_string_equal(why, "line 3: expected a step, found \"Perhaps it works\"");
    assert_null(gherkin_read("Feature: F\n  Scenario: S\n    Given\n      | a |\n", why));
    assert_null(gherkin_read("", why));
    assert_string_equal(why, "line 0: expected a feature");
    assert_null(gherkin_read("Feature: F\n Scenario: S\n  Given x\n  \"\"\"\n  a\n", why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_the_steps_of_the_background_first),
        cmocka_unit_test(makes_a_scenario_of_each_example),
        cmocka_unit_test(keeps_doc_strings_as_they_stand),
        cmocka_unit_test(says_where_it_is_no_gherkin),
    };

    return cmocka_run_group_tests_name("gherkin", tests, NULL, NULL);
}
