// What the modes of `traffic` share: sockets that either work or end the program with a sentence, and a clock.
#pragma once

#include <cstdint>
#include <string>

#include <netinet/in.h>

namespace traffic {

[[noreturn]] void die(const char* what);
int check(int result, const char* what);

sockaddr_in endpoint(const std::string& address, const std::string& port);
// For SIGTERM and SIGINT, which are blocked: readable when the mode is to end.
int end_signal();
// One line that is read at once.
void say(const char* line);
void say_ready();
double seconds();

using Arguments = char**;
int udp_send(Arguments);
int udp_receive(Arguments);
int tcp_send(Arguments);
int tcp_receive(Arguments);
int tcp_echo(Arguments);
int tcp_hold(Arguments);

} // namespace traffic
