/* SPDX-License-Identifier: MIT */
#include <msvc/http_fields.h>

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include <msvc/buffer.h>
#include <msvc/http.h>
#include <msvc/http_router.h>
#include <msvc/http_server.h>

#include "test.h"

/* What a body may say; set to these before it is read. */
struct item {
    const char *sku;
    int64_t quantity;
    json_t *tags;
    json_t *price;
    const char *note;
    int64_t rank;
};

static const struct item unset = { "unset", -1, NULL, NULL, "unset", -1 };

/* The problems found, "" for none. Borrowed until the next call. */
static const char *problems_of(struct item *item, json_t *object, const char *where)
{
    static struct msvc_buffer problems = MSVC_BUFFER_INIT;
    bool ok;

    msvc_buffer_clear(&problems);
    msvc_buffer_text(&problems, "");
    ok = msvc_json_fields(object,
                          MSVC_FIELDS(MSVC_FIELD_TEXT("sku", &item->sku, 1, 5),
                                      MSVC_FIELD_INT("quantity", &item->quantity, 1, 1000),
                                      MSVC_FIELD_ARRAY("tags", &item->tags, 1, 2),
                                      MSVC_FIELD_OBJECT("price", &item->price),
                                      MSVC_FIELD_OPTIONAL_TEXT("note", &item->note, 0, 3),
                                      MSVC_FIELD_OPTIONAL_INT("rank", &item->rank, -5, 5)),
                          where, &problems);
    assert_true(ok == (problems.length == 0));
    return problems.length > 0 ? problems.data : "";
}

static json_t *good(void)
{
    return json_pack("{s:s, s:i, s:[s], s:{}}", "sku", "apple", "quantity", 1000, "tags", "red",
                     "price");
}

/* The problems of a good object in which one member is another one, or gone for NULL. */
static const char *problems_with(const char *name, const char *json)
{
    struct item item = unset;
    json_t *object = good();
    const char *problems;

    if (json != NULL)
        assert_int_equal(json_object_set_new(object, name, json_loads(json, JSON_DECODE_ANY, NULL)),
                         0);
    else
        assert_int_equal(json_object_del(object, name), 0);
    problems = problems_of(&item, object, "");
    json_decref(object);
    return problems;
}

static void reads_each_kind(void **state)
{
    struct item item = unset;
    json_t *object = good();

    (void)state;
    assert_string_equal(problems_of(&item, object, ""), "");
    assert_string_equal(item.sku, "apple");
    assert_int_equal(item.quantity, 1000);
    assert_int_equal(json_array_size(item.tags), 1);
    assert_true(json_is_object(item.price));
    json_decref(object);
}

static void leaves_what_is_optional_and_absent_as_it_was(void **state)
{
    struct item item = unset;
    json_t *object = good();

    (void)state;
    assert_string_equal(problems_of(&item, object, ""), "");
    assert_string_equal(item.note, "unset");
    assert_int_equal(item.rank, -1);
    json_decref(object);
}

static void says_what_is_missing(void **state)
{
    (void)state;
    assert_string_equal(problems_with("sku", NULL), "sku: is missing");
    assert_string_equal(problems_with("quantity", NULL), "quantity: is missing");
    assert_string_equal(problems_with("tags", NULL), "tags: is missing");
    assert_string_equal(problems_with("price", NULL), "price: is missing");
}

static void says_which_type_it_found_and_expected(void **state)
{
    (void)state;
    assert_string_equal(problems_with("sku", "7"), "sku: found a whole number, expected a string");
    assert_string_equal(problems_with("quantity", "1.5"),
                        "quantity: found a fraction, expected a whole number");
    assert_string_equal(problems_with("quantity", "\"7\""),
                        "quantity: found a string, expected a whole number");
    assert_string_equal(problems_with("tags", "{}"), "tags: found an object, expected an array");
    assert_string_equal(problems_with("price", "[]"), "price: found an array, expected an object");
    assert_string_equal(problems_with("price", "true"),
                        "price: found a boolean, expected an object");
}

static void takes_null_for_no_value_of_any_kind(void **state)
{
    (void)state;
    assert_string_equal(problems_with("sku", "null"), "sku: found null, expected a string");
    assert_string_equal(problems_with("note", "null"), "note: found null, expected a string");
}

static void says_the_range_it_expected(void **state)
{
    (void)state;
    assert_string_equal(problems_with("sku", "\"\""), "sku: found 0 bytes, expected 1 to 5");
    assert_string_equal(problems_with("sku", "\"apples\""), "sku: found 6 bytes, expected 1 to 5");
    assert_string_equal(problems_with("quantity", "0"), "quantity: found 0, expected 1 to 1000");
    assert_string_equal(problems_with("quantity", "1001"),
                        "quantity: found 1001, expected 1 to 1000");
    assert_string_equal(problems_with("tags", "[]"), "tags: found 0 elements, expected 1 to 2");
    assert_string_equal(problems_with("tags", "[1,2,3]"),
                        "tags: found 3 elements, expected 1 to 2");
    assert_string_equal(problems_with("rank", "-6"), "rank: found -6, expected -5 to 5");
}

static void takes_the_ends_of_a_range(void **state)
{
    (void)state;
    assert_string_equal(problems_with("sku", "\"a\""), "");
    assert_string_equal(problems_with("quantity", "1"), "");
    assert_string_equal(problems_with("tags", "[1,2]"), "");
    assert_string_equal(problems_with("rank", "-5"), "");
    assert_string_equal(problems_with("note", "\"\""), "");
}

static void refuses_members_it_does_not_know(void **state)
{
    (void)state;
    assert_string_equal(problems_with("colour", "1"), "unknown field \"colour\"");
    assert_string_equal(problems_with("SKU", "1"), "unknown field \"SKU\"");
}

static void leaves_what_is_wrong_as_it_was(void **state)
{
    struct item item = unset;
    json_t *object = json_pack("{s:i, s:s}", "sku", 1, "quantity", "2");

    (void)state;
    (void)problems_of(&item, object, "");
    assert_string_equal(item.sku, "unset");
    assert_int_equal(item.quantity, -1);
    json_decref(object);
}

static void tells_every_problem_and_where_it_is(void **state)
{
    struct item item = unset;
    json_t *object =
        json_pack("{s:i, s:i, s:[s], s:i}", "sku", 1, "quantity", 0, "tags", "a", "colour", 1);

    (void)state;
    assert_string_equal(problems_of(&item, object, "items[2]."),
                        "items[2].sku: found a whole number, expected a string; "
                        "items[2].quantity: found 0, expected 1 to 1000; "
                        "items[2].price: is missing; unknown field \"items[2].colour\"");
    json_decref(object);
}

static void handle(struct msvc_http_exchange *exchange, void *user)
{
    const char *sku;
    json_t *body;

    (void)user;
    if (!msvc_http_body_fields(exchange, &body, MSVC_FIELDS(MSVC_FIELD_TEXT("sku", &sku, 1, 64))))
        return;
    msvc_http_reply(exchange, 200, "text/plain", sku, strlen(sku));
    json_decref(body);
}

/* The status, and whether the answer's body has this text. */
static void expect(const char *body, const char *content_type, int status, const char *text)
{
    struct msvc_http_router *router;
    struct msvc_http_transport *transport;
    struct msvc_http_answer *answer;

    assert_int_equal(msvc_http_router_new(&router, NULL), 0);
    assert_int_equal(msvc_http_route(router, "POST", "/", handle, NULL, NULL), 0);
    assert_int_equal(msvc_http_router_transport(&transport, router), 0);
    assert_int_equal(
        msvc_http_call(transport,
                       MSVC_HTTP_REQUEST(.method = "POST", .target = "/", .body = body,
                                         .body_length = strlen(body), .content_type = content_type),
                       &answer, NULL),
        0);
    assert_int_equal(msvc_http_answer_status(answer), status);
    assert_non_null(strstr(msvc_http_answer_body(answer, NULL), text));
    msvc_http_answer_free(answer);
    msvc_http_transport_free(transport);
    msvc_http_router_free(router);
}

static void answers_a_request_whose_body_is_wrong(void **state)
{
    (void)state;
    expect("{\"sku\":\"apple\"}", NULL, 200, "apple");
    expect("{\"sku\":7,\"a\":1}", NULL, 422, "found a whole number");
    expect("[]", NULL, 422, "found an array, expected an object");
    expect("{\"sku\":", NULL, 400, "");
    expect("{\"sku\":\"apple\"}", "text/plain", 415, "");
}

static void answers_in_one_piece_however_many_members_are_unknown(void **state)
{
    static char body[200 * 12 + 32];
    size_t length = strlen(strcpy(body, "{\"sku\":\"apple\""));

    (void)state;
    for (int i = 0; i < 200; i++, length += 11)
        (void)snprintf(body + length, sizeof(body) - length, ",\"u%05d\":1", i);
    (void)strcpy(body + length, "}");
    expect(body, NULL, 422, "unknown field");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_each_kind),
        cmocka_unit_test(leaves_what_is_optional_and_absent_as_it_was),
        cmocka_unit_test(says_what_is_missing),
        cmocka_unit_test(says_which_type_it_found_and_expected),
        cmocka_unit_test(takes_null_for_no_value_of_any_kind),
        cmocka_unit_test(says_the_range_it_expected),
        cmocka_unit_test(takes_the_ends_of_a_range),
        cmocka_unit_test(refuses_members_it_does_not_know),
        cmocka_unit_test(leaves_what_is_wrong_as_it_was),
        cmocka_unit_test(tells_every_problem_and_where_it_is),
        cmocka_unit_test(answers_a_request_whose_body_is_wrong),
        cmocka_unit_test(answers_in_one_piece_however_many_members_are_unknown),
    };

    return cmocka_run_group_tests_name("http_fields", tests, NULL, NULL);
}
