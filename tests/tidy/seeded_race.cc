// A data race on purpose: shows that the sanitizer and its suppressions still report ours.

#include <functional>
#include <iostream>
#include <thread>

int main() {
  int shared = 0;
  const std::function<void()> count = [&shared] { ++shared; };
  std::thread other(count);
  count();
  other.join();
  std::cout << "counted to " << shared << '\n';
}
