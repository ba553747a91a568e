// One HTTP exchange with a server of the simulator, by libcurl: a client that shares no code with
// the servers under test.
#pragma once

#include <map>
#include <string>
#include <vector>

struct Reply {
  long status = 0;  // 0 = no answer
  std::string content_type;
  std::string body;
};

Reply get(const std::string& url);
Reply post(const std::string& url, const std::string& body,
           const std::vector<std::string>& headers);
