"""A Modbus TCP device made of pymodbus. Addresses: hr:N, ir:N, co:N, di:N, zero-based, as on the wire."""
import asyncio
import socket
import sys
import threading

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartAsyncTcpServer

FUNCTION_CODE = {"co": 1, "di": 2, "hr": 3, "ir": 4}

slave = ModbusSlaveContext(
    **{name: ModbusSequentialDataBlock(0, [0] * 1000) for name in ("di", "co", "hr", "ir")}, zero_mode=True
)


def answer(line):
    words = line.split()
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
    import os

    os._exit(0)


async def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    if port == 0:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    threading.Thread(target=serve_commands, daemon=True).start()
    server = asyncio.create_task(
        StartAsyncTcpServer(context=ModbusServerContext(slaves=slave, single=True), address=("127.0.0.1", port))
    )
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 0.2):
                break
        except OSError:
            await asyncio.sleep(0.05)
    print(f"READY {port}", flush=True)
    await server


asyncio.run(main())
