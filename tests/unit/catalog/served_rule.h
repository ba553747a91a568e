// The rule `served` of the tests: its defaults, and a query over five minutes.
#pragma once

#include "daemon/catalog/reading.h"

namespace modelvane::test {

inline AliasRule served_by_default() {
  AliasRule rule;
  rule.kind = Rule::Served;
  rule.url = "http://prometheus:9090/";
  rule.served.query = "sum by (asked, answered) (increase(requests_total[5m]))";
  rule.served.alias = "asked";
  rule.served.target = "answered";
  return rule;
}

}  // namespace modelvane::test
