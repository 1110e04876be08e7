/* What the kernel alone costs at a rate: wait, receive, send, and no MQTT in between.
   It lets every client in, and passes what the others send on to the last one that subscribed, byte for byte.
     gcc -O2 -o /tmp/relay tests/Uns.Benchmarks/floor/relay.c && /tmp/relay 18901 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECT = 0x10, SUBSCRIBE = 0x82, PINGREQ = 0xC0, DISCONNECT = 0xE0 };

int main(int count, char **words)
{
    static unsigned char bytes[256 * 1024];
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(count > 1 ? atoi(words[1]) : 18901), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct epoll_event event = { .events = EPOLLIN }, events[512];
    int one = 1, subscriber = -1, poll = epoll_create1(0), listener = socket(AF_INET, SOCK_STREAM, 0);

    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024))
        return 1;
    event.data.fd = listener;
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(poll, events, 512, -1);
        for (int i = 0; i < ready; i++) {
            int client = events[i].data.fd;
            if (client == listener) {
                event.data.fd = accept4(listener, 0, 0, SOCK_NONBLOCK);
                event.events = EPOLLIN | EPOLLET;
                setsockopt(event.data.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                epoll_ctl(poll, EPOLL_CTL_ADD, event.data.fd, &event);
                continue;
            }

            ssize_t received = recv(client, bytes, sizeof bytes, 0);
            if (received <= 0)
                close(client);
            else if (bytes[0] == CONNECT)
                send(client, "\x20\x02\x00\x00", 4, MSG_NOSIGNAL);
            else if (bytes[0] == PINGREQ)
                send(client, "\xD0\x00", 2, MSG_NOSIGNAL);
            else if (bytes[0] == SUBSCRIBE) {
                int id = 2;
                while (bytes[id - 1] & 0x80)
                    id++;
                unsigned char answer[] = { 0x90, 3, bytes[id], bytes[id + 1], 0 };
                send(client, answer, sizeof answer, MSG_NOSIGNAL);
                subscriber = client;
            } else if (bytes[0] != DISCONNECT && subscriber >= 0)
                send(subscriber, bytes, received, MSG_NOSIGNAL);
        }
    }
}
