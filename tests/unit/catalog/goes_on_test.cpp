// Lists of several pages that are counted by number or linked by a header, and answers that say
// that they are not the whole list.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>

#include "daemon/catalog/read_catalog.h"

using namespace modelvane;

namespace {

Reading paged(Pagination pagination) {
  Reading how;
  how.shape.pagination = std::move(pagination);
  return how;
}

std::string error_of(const std::string& body, const HeaderOf& header = {}) {
  const auto catalog = read_catalog(body, Reading{}, header);
  if (catalog) return "";
  CHECK(catalog.error().reason == Reason::Partial);
  return catalog.error().sentence;
}

}  // namespace

TEST_CASE(
    "an answer that says that it goes on is no whole list, and the sentence says what to write") {
  for (const auto& [more, remedy] :
       {std::pair{R"("has_more":true)", "kind: page"},
        {R"("has_more":true,"last_id":"a")", "next: /last_id, more: /has_more, query: after_id"},
        {R"("object":"list","has_more":true,"last_id":"a")", "query: after}"},
        {R"("hasMore":true,"nextCursor":"c")", "next: /nextCursor, more: /hasMore, query: cursor"},
        {R"("has_next":"true")", "kind: page"},
        {R"("last":false,"number":0,"totalPages":2)", "query: page, first: 0"},
        {R"("isTruncated":true,"nextMarker":"m")", "next: /nextMarker, more: /isTruncated"},
        {R"("next":"c2")", "kind: token, next: /next, query: next"},
        {R"("next":2)", "kind: token, next: /next, query: page"},
        {R"("next_page":"/m?p=2")", "kind: link, next: /next_page"},
        {R"("nextUrl":"?p=2")", "kind: link, next: /nextUrl"},
        {R"("continuation_token":"c")", "query: continuation_token"},
        {R"("links":{"next":{"href":"/m?c=2"}})", "next: /links/next/href"},
        {R"("links":[{"rel":"next","href":"/m?c=2"}])", R"(next: "/links/[rel=next]/href")"},
        {R"("nextPageToken":"t")", "query: pageToken"},
        {R"("next":"https://a/2")", "next: /next"},
        {R"("next_page":2)", "kind: token, next: /next_page, query: page"},
        {R"("links":{"next":"/m?c=2"})", "next: /links/next"},
        {R"("pagination":{"next_cursor":"c"})", "next: /pagination/next_cursor, query: cursor"},
        {R"("pageInfo":{"hasNextPage":true})", "kind: page"},
        {R"("meta":{"has_more":true,"last_id":"a"})", "next: /meta/last_id, more: /meta/has_more"},
        {R"("page":0,"totalPages":2)", "query: page, first: 0"},
        {R"("result_info":{"page":1,"total_pages":2})", "kind: page"}}) {
    CAPTURE(more);
    CHECK(error_of(fmt::format(R"({{"data":[{{"id":"a"}}],{}}})", more)).find(remedy) !=
          std::string::npos);
  }
  for (const std::string fine :
       {R"("has_more":false)", R"("nextPageToken":"")", R"("next":null)",
        R"("result_info":{"page":2,"total_pages":2})", R"("next_page":0)",
        R"("page":0,"totalPages":1)", R"("last":true,"last_page":1)", R"("last":7)",
        R"("links":[{"rel":"prev","href":"/m"}])", R"("truncated":false,"last_id":"a")",
        R"("pagination":{"has_next":false,"next_cursor":null})"}) {
    CAPTURE(fine);
    CHECK(error_of(fmt::format(R"({{"data":[{{"id":"a"}}],{}}})", fine)).empty());
  }
  const auto linked = [](std::string_view name) {
    return name == "link" ? std::string_view{R"(</m?c=2>; rel="next")"} : std::string_view{};
  };
  CHECK(error_of(R"({"data":[{"id":"a"}]})", linked).find("link_header") != std::string::npos);
}

TEST_CASE("what holds the rows may say as well that the list goes on") {
  Reading how;
  how.shape.items = {"/data/models/nodes"};
  for (const std::string more : {R"("pageInfo":{"hasNextPage":true,"endCursor":"x"})",
                                 R"("nextPageToken":"t")", R"("meta":{"page":1,"pages":2})"}) {
    CAPTURE(more);
    const auto list = read_catalog(
        fmt::format(R"({{"data":{{"models":{{"nodes":[{{"id":"a"}}],{}}}}}}})", more), how);
    REQUIRE_FALSE(list.has_value());
    CHECK(list.error().reason == Reason::Partial);
    CHECK(list.error().sentence.find("/data/models/") != std::string::npos);
  }
}

TEST_CASE("pagination that finds nothing in an answer which goes on does not make it whole") {
  const auto page_of = [](const Pagination& pagination, std::string_view more) {
    const auto how = paged(pagination);
    CatalogReader reader{how};
    return reader.add_page(fmt::format(R"({{"data":[{{"id":"a"}}],{}}})", more));
  };
  using Kind = Pagination::Kind;
  const Pagination token{.kind = Kind::Token, .next = "/nextpagetoken", .query = "t"};
  const Pagination cursor{
      .kind = Kind::Cursor, .next = "/last_id", .more = "/hasMore", .query = "after"};
  CHECK(page_of(token, R"("nextPageToken":"t")").error().reason == Reason::Partial);
  CHECK(page_of(cursor, R"("has_more":true,"last_id":"a")").error().reason == Reason::Partial);
  CHECK(page_of({.kind = Kind::LinkHeader}, R"("next":"/m?p=2")").error().reason ==
        Reason::Partial);
  // Its own word counts, and silence is an end like others.
  CHECK(page_of(token, R"("nextpagetoken":"","has_more":true)")->next.empty());
  CHECK(page_of(token, R"("object":"list")")->next.empty());
  CHECK(page_of(cursor, R"("hasMore":"true","last_id":"a")")->more);
}

TEST_CASE("a second document that goes on is not read for whole") {
  Reading how;
  how.rules = {{.pointer = "/t", .document = SecondDocument{.url = "d"}}};
  CatalogReader reader{how};
  REQUIRE(reader.add_page(R"({"data":[{"id":"a"}]})"));
  const auto read = reader.add_document(0, R"({"data":[{"id":"a","t":"b"}],"has_more":true})");
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().reason == Reason::Partial);
}

TEST_CASE("a total above the number of rows is a warning, not a failure") {
  const auto of = [](int total) {
    return read_catalog(fmt::format(R"({{"data":[{{"id":"a"}},{{"id":"b"}}],"total":{}}})", total),
                        Reading{})
        .value();
  };
  CHECK(of(2).notes.empty());
  REQUIRE(of(3).notes.size() == 1);
  CHECK(of(3).ids.size() == 2);
  const auto counted =
      read_catalog(R"({"data":[{"id":"a"}],"count":1,"meta":{"total":500}})", Reading{});
  CHECK(counted->notes.size() == 1);
}

TEST_CASE("the next page stands in the header Link, among other links") {
  CHECK(next_link(R"(<https://h/a?p=1>; rel="prev", <https://h/a?p=3>; rel="next")") ==
        "https://h/a?p=3");
  CHECK(next_link("<https://h/a?p=3>; title=x; rel=next") == "https://h/a?p=3");
  CHECK(next_link(R"(<b>; rel="last next")") == "b");
  CHECK(next_link(R"(<b>; rel="nextish", <c>; rel="last")").empty());
  CHECK(next_link(R"(<b>; title="rel=prev; x, y" ; REL = "Next")") == "b");
  CHECK(next_link(R"(<b>; title="rel=next")").empty());
  CHECK(next_link(R"(<a>; rel=preload; as=style, <b>;rel=next)") == "b");
  CHECK(next_link("").empty());
  CHECK(next_link("<unended").empty());
  const std::array fetched{std::string{"https://h/a?limit=1"}};
  CHECK(next_page({.kind = Pagination::Kind::LinkHeader}, {.next = "https://h/a?p=2"}, fetched)
            .value() == "https://h/a?p=2");
  CHECK_FALSE(
      next_page({.kind = Pagination::Kind::LinkHeader}, {.next = "https://other/a?p=2"}, fetched)
          .has_value());
}

TEST_CASE("pages by number end with the first one without rows") {
  const Pagination pages{.kind = Pagination::Kind::Page, .query = "page", .first = 1};
  const std::array one{std::string{"https://h/a?per_page=2"}};
  CHECK(next_page(pages, {.rows = 2}, one).value() == "https://h/a?per_page=2&page=2");
  CHECK(next_page(pages, {.rows = 0}, one).value() == std::nullopt);
  const auto how = paged(pages);
  CatalogReader reader{how};
  CHECK(reader.add_page(R"({"data":[{"id":"a"}]})").value().rows == 1);
  CHECK(reader.add_page(R"({"data":[{"id":"b"}]})").value().rows == 1);
  CHECK(reader.add_page(R"({"data":null})").value().rows == 0);
  CHECK(reader.take().value().ids == IdList{"a", "b"});
}

TEST_CASE("pages by number end where the answer says that they do") {
  const auto how = paged({.kind = Pagination::Kind::Page, .query = "p", .first = 0});
  const auto ends = [&](std::string_view says, int pages) {
    CatalogReader reader{how};
    bool is_last = false;
    for (int page = 0; page < pages; ++page) {
      is_last =
          reader.add_page(fmt::format(R"({{"data":[{{"id":"{}"}}],{}}})", page, says))->is_last;
    }
    return is_last;
  };
  CHECK(ends(R"("has_next":false)", 1));
  CHECK_FALSE(ends(R"("has_next":true)", 1));
  // However the server itself counts them.
  CHECK_FALSE(ends(R"("page":1,"total_pages":2)", 1));
  CHECK(ends(R"("page":1,"total_pages":2)", 2));
  CHECK_FALSE(ends(R"("page":1,"total_pages":0)", 1));
  CHECK(next_page(how.shape.pagination, {.rows = 2, .is_last = true},
                  std::array{std::string{"https://h/a"}})
            .value() == std::nullopt);
}

TEST_CASE("a server that gives the same page again does not count pages by that key") {
  const auto how = paged({.kind = Pagination::Kind::Page, .query = "p"});
  CatalogReader reader{how};
  REQUIRE(reader.add_page(R"({"data":[{"id":"a"},{"id":"b"}]})"));
  const auto again = reader.add_page(R"({"data":[{"id":"a"},{"id":"b"}],"page":2})");
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().reason == Reason::Partial);
}

TEST_CASE("a provider's word for a model that will go counts as deprecated") {
  Reading how;
  how.lifecycle.deprecated = {"/lifecycle/status"};
  how.lifecycle.words = {"abgekündigt"};
  const auto catalog = read_catalog(R"({"data":[{"id":"a","lifecycle":{"status":"LEGACY"}},
      {"id":"b","lifecycle":{"status":"ACTIVE"}},{"id":"c","lifecycle":{"status":"abgekündigt"}}]})",
                                    how)
                           .value();
  REQUIRE(catalog.lifecycles.size() == 2);
  CHECK(catalog.lifecycles[0].id == "a");
  CHECK(catalog.lifecycles[1].id == "c");
}

TEST_CASE("words, flags, dates and replacements count in every way in which lists write them") {
  Reading how;
  how.lifecycle = {.retires_at = {"/end", "/stages/*/date"},
                   .replacement = {"/next", "/others/*/id"},
                   .deprecated = {"/status", "/tags/*/name", "!/active"},
                   .words = {"Phasing Out"}};
  const auto said = [&](const std::string& row) -> std::string {
    const auto list = read_catalog(R"({"data":[{"id":"a",)" + row + "}]}", how);
    REQUIRE(list);
    if (list->lifecycles.empty()) return "nothing";
    const auto& end = list->lifecycles[0];
    return (end.retires_at ? to_rfc3339(*end.retires_at).substr(0, 10) : "some day") + " " +
           end.replacement;
  };
  for (const std::string row :
       {R"("status":"End of Life")", R"("status":"end-of-life")", R"("status":"phasing_out")",
        R"("status":"DISCONTINUED")", R"("status":["beta","deprecated"])", R"("status":"true")",
        R"("status":1)", R"("tags":[{"name":"new"},{"name":"Legacy"}])", R"("active":"False")",
        R"("active":0)"}) {
    CAPTURE(row);
    CHECK(said(row) == "some day ");
  }
  for (const std::string row :
       {R"("status":"active")", R"("status":"false")", R"("status":0)", R"("active":"true")",
        R"("tags":[{"name":"new"}])", R"("end":"never")", R"("next":["a"])"}) {
    CAPTURE(row);
    CHECK(said(row) == "nothing");
  }
  CHECK(said(R"("end":1798848000000)") == "2027-01-02 ");
  CHECK(said(R"("end":"1798848000")") == "2027-01-02 ");
  CHECK(said(R"("stages":[{"date":"2027-05-01"},{"date":"2027-03-01"},{}])") == "2027-03-01 ");
  CHECK(said(R"("next":["c","b","a","c"])") == "some day b,c");
  CHECK(said(R"("others":[{"id":"c"},{"id":"b"}])") == "some day b,c");
}

TEST_CASE("what finds no date, no target or no header is told, with what stands there") {
  Reading how;
  how.own = {.rules = true, .hints = true, .lifecycle = true};
  how.rules = {{.pointer = "/t", .match = Pattern::compile("^z").value()}, {.header = "x-model"}};
  how.lifecycle.retires_at = {"/end"};
  const auto notes = [&](const std::string& row, std::string_view header) {
    const auto list = read_catalog(
        R"({"data":[{"id":"a",)" + row + "}]}", how,
        [&](std::string_view name) { return name == "x-model" ? header : std::string_view{}; });
    REQUIRE(list);
    return list->notes;
  };
  const auto told = notes(R"("t":"y","end":"Jan 2, 2027")", "");
  REQUIRE(told.size() == 3);
  CHECK(told[0].sentence.find("such as \"Jan 2, 2027\"") != std::string::npos);
  CHECK(told[1].rule == "field /t");
  CHECK(told[2].sentence == "header x-model: the answer has no such header");
  CHECK(notes(R"("t":"z1","end":"9999-12-31")", "m").empty());
  CHECK(notes(R"("t":"z1","end":"")", "m").empty());
}

TEST_CASE("rows that are members of an object without ids are told with what to write") {
  const auto why = [](const std::string& body) {
    return read_catalog(body, Reading{}).error().sentence;
  };
  CHECK(why(R"({"data":{"a":{"t":"x"}}})").ends_with(R"(write list: {id: ""})"));
  CHECK(why(R"({"data":{"code":5}})").ends_with("at /id"));
  CHECK(why(R"({"data":[{"name":"a"}]})").ends_with("at /id"));
}

TEST_CASE("a second document whose rows have no target, or other ids than the list, is told of") {
  Reading how;
  how.own.rules = true;
  how.rules = {{.pointer = "/t", .document = SecondDocument{.url = "d", .id = {"/id", ""}}}};
  const auto notes = [&](const std::string& document) {
    CatalogReader reader{how};
    REQUIRE(reader.add_page(R"({"data":[{"id":"a"}]})"));
    REQUIRE(reader.add_document(0, document));
    return reader.take()->notes;
  };
  CHECK(notes(R"({"data":{"a":{"t":"x"}}})").empty());
  CHECK(notes(R"({"data":[{"id":"a","target":"x"}]})").size() == 1);
  CHECK(notes(R"({"data":[{"id":"b","t":"x"}]})").size() == 1);
  CHECK(notes(R"({"data":[]})").empty());
}

TEST_CASE("a model's end is found by its stage's name, wherever in the array it stands") {
  Reading how;
  how.lifecycle.retires_at = {"/lifecycle/[id=withdrawn]/start_date"};
  const auto catalog =
      read_catalog(R"({"data":[{"id":"a","lifecycle":[{"id":"deprecated","start_date":"2026-01-01"},
          {"id":"constricted","start_date":"2026-02-01"},{"id":"withdrawn","start_date":"2026-03-01"}]}]})",
                   how)
          .value();
  REQUIRE(catalog.lifecycles.size() == 1);
  CHECK(to_rfc3339(*catalog.lifecycles[0].retires_at) == "2026-03-01T00:00:00.000Z");
}
