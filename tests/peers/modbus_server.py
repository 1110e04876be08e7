"""A Modbus device made of pymodbus. Addresses: hr:N, ir:N, co:N, di:N, zero-based, as on the wire; `path` tells the serial port.

modbus_server.py [PORT] [tcp|rtu|ascii|serial]; serial speaks RTU over a pair of pseudo terminals joined here.
"""
import asyncio
import os
import pty
import socket
import sys
import threading
import tty

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartAsyncSerialServer, StartAsyncTcpServer
from pymodbus.transaction import ModbusAsciiFramer, ModbusRtuFramer, ModbusSocketFramer

FUNCTION_CODE = {"co": 1, "di": 2, "hr": 3, "ir": 4}
FRAMER = {"tcp": ModbusSocketFramer, "rtu": ModbusRtuFramer, "ascii": ModbusAsciiFramer, "serial": ModbusRtuFramer}

slave = ModbusSlaveContext(
    **{name: ModbusSequentialDataBlock(0, [0] * 1000) for name in ("di", "co", "hr", "ir")}, zero_mode=True
)
port_path = ""


def answer(line):
    words = line.split()
    if words[0] == "path":
        return port_path
    table, _, offset = words[1].partition(":")
    code = FUNCTION_CODE[table]
    if words[0] == "set":
        slave.setValues(code, int(offset), [int(word) for word in words[2:]])
        return "ok"
    return " ".join(str(int(value)) for value in slave.getValues(code, int(offset), 1))


def serve_commands():
    for line in sys.stdin:
        try:
            print("> " + answer(line), flush=True)
        except Exception as fault:
            print(f"> error {fault}", flush=True)
    os._exit(0)


def join(one, other):
    while True:
        os.write(other, os.read(one, 512))


def make_serial_pair():
    """Two pseudo terminals, joined as two ends of a cable; answers the paths of both."""
    ends = []
    for _ in range(2):
        master, end = pty.openpty()
        tty.setraw(end)
        ends.append((master, os.ttyname(end)))
    for one, other in ((ends[0][0], ends[1][0]), (ends[1][0], ends[0][0])):
        threading.Thread(target=join, args=(one, other), daemon=True).start()
    return ends[0][1], ends[1][1]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def listening(port):
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 0.2):
                return
        except OSError:
            await asyncio.sleep(0.05)


async def main():
    global port_path
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    kind = sys.argv[2] if len(sys.argv) > 2 else "tcp"
    threading.Thread(target=serve_commands, daemon=True).start()
    context = ModbusServerContext(slaves=slave, single=True)
    if kind == "serial":
        own, port_path = make_serial_pair()
        server = asyncio.create_task(
            StartAsyncSerialServer(context=context, framer=FRAMER[kind], port=own, baudrate=19200, timeout=0.005)
        )
        await asyncio.sleep(0)
    else:
        port = port or free_port()
        server = asyncio.create_task(
            StartAsyncTcpServer(context=context, framer=FRAMER[kind], address=("127.0.0.1", port))
        )
        await listening(port)
    print(f"READY {port}", flush=True)
    await server


asyncio.run(main())
