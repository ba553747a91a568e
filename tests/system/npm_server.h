// A server program from npm (tests/package.json) as a child process on a loopback port.
#pragma once

#include <string>

#include "tests/system/harness.h"

namespace system_test {

// mock-llm: answers by rules that a test sets while it runs. Express: it makes ETags and answers
// with 304.
class MockLlm {
 public:
  explicit MockLlm(const TempFolder& folder);

  bool is_up() { return process_.wait_for_line("server running on").has_value(); }
  std::string url(const std::string& path = "/v1/models") const;
  // From here on the list's URL answers so; `body` is JSON.
  void answer_with(int status, const std::string& body) const;
  // The list has the model `asked`; a completion of it is answered by `model`, streamed for twenty
  // seconds.
  void complete_with(const std::string& asked, const std::string& model) const;
  Process& process() { return process_; }

 private:
  void set(const std::string& config) const;

  int port_;
  Process process_;
};

// openai-mock-api: a fixed list for those who know the key, OpenAI's refusal for others.
// Completions name the model that was asked for; streams are of the type text/plain.
class OpenaiMockApi {
 public:
  OpenaiMockApi(const TempFolder& folder, const std::string& key);

  bool is_up() { return process_.wait_for_line("API server started").has_value(); }
  std::string url(const std::string& path = "/v1/models") const;
  Process& process() { return process_; }

 private:
  int port_;
  Process process_;
};

}  // namespace system_test
