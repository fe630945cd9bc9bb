/* SPDX-License-Identifier: MIT */
/* Pacts as our writer makes them, for others to read: write_pacts FOLDER. */
#include <stdio.h>

#include <msvc/contract.h>
#include <msvc/error.h>

static struct msvc_error err;

static int add_requests(struct msvc_pact *pact)
{
    int status = msvc_pact_add(
        pact,
        MSVC_PACT_INTERACTION(
                .description = "a user", .states = MSVC_PACT_STATES({ "it exists", "{\"id\":1}" }),
                .request = { .path = "/users/1",
                             .headers = MSVC_PACT_MEMBERS(
                                 { "Accept", msvc_pact_text("application/json") }) },
                .response = { .body = MSVC_PACT_OBJECT(
                                  { "id", msvc_pact_json("1") },
                                  { "name", msvc_pact_like(msvc_pact_text("Alice")) },
                                  { "price", msvc_pact_like(msvc_pact_json("10.50")) },
                                  { "tags", MSVC_PACT_EACH_LIKE(1, msvc_pact_text("a")) }) }),
        &err);

    if (status < 0)
        return status;
    return msvc_pact_add(
        pact,
        MSVC_PACT_INTERACTION(
                .description = "an order",
                .request = { .method = "POST",
                             .path = "/orders",
                             .query = MSVC_PACT_MEMBERS({ "dry run", msvc_pact_text("a&b") }),
                             .body = MSVC_PACT_OBJECT(
                                 { "sku", msvc_pact_matches("[A-Z]+-[0-9]+", "AB-12") }) },
                .response = { .status = 201 }),
        &err);
}

static int add_message(struct msvc_pact *pact)
{
    return msvc_pact_add_message(
        pact,
        MSVC_PACT_MESSAGE(.description = "an order was made",
                          .states = MSVC_PACT_STATES({ "an order", NULL }),
                          .contents = { .body = MSVC_PACT_OBJECT(
                                            { "id", msvc_pact_like(msvc_pact_text("o-1")) },
                                            { "lines", MSVC_PACT_EACH_LIKE(
                                                           1, msvc_pact_json("{\"n\":1}")) }) }),
        &err);
}

static int add_messages(struct msvc_pact *pact)
{
    const struct msvc_pact_contents prices[] = {
        { .body = MSVC_PACT_OBJECT({ "price", msvc_pact_like(msvc_pact_json("10.50")) }) },
    };
    int status = add_message(pact);

    return status < 0
               ? status
               : msvc_pact_add_exchange(
                     pact,
                     MSVC_PACT_EXCHANGE(.description = "a price is asked",
                                        .request = { .body = MSVC_PACT_OBJECT(
                                                         { "sku", msvc_pact_text("AB-12") }) },
                                        .responses = prices, .response_count = 1),
                     &err);
}

static int write_one(const char *folder, const char *consumer, unsigned version,
                     int (*add)(struct msvc_pact *pact))
{
    struct msvc_pact *pact = NULL;
    int status =
        msvc_pact_new(&pact, consumer, "provider", MSVC_PACT_OPTIONS(.version = version), &err);

    if (status == 0)
        status = add(pact);
    if (status == 0)
        status =
            msvc_pact_write(pact, folder, MSVC_PACT_WRITE_OPTIONS(.replaces_file = true), &err);
    msvc_pact_free(pact);
    if (status < 0)
        fprintf(stderr, "write_pacts: %s: %s\n", consumer, err.message);
    return status;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : ".";
    int failed = 0;

    failed += write_one(folder, "ours-v3", 3, add_requests) < 0;
    failed += write_one(folder, "ours-v4", 4, add_requests) < 0;
    failed += write_one(folder, "ours-message-v3", 3, add_message) < 0;
    failed += write_one(folder, "ours-message-v4", 4, add_messages) < 0;
    return failed > 0;
}
