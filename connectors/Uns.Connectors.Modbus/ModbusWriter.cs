using System.Collections.Concurrent;
using Uns.Connectors.Modbus.Wire;
using Uns.Tags;

namespace Uns.Connectors.Modbus;

/// <summary>Writes values to coils and holding registers, each once, and falls back where a unit lacks a function.</summary>
/// <param name="options">Say which functions are wanted.</param>
/// <param name="send">Sends one request and brings its answer.</param>
/// <param name="traffic">Is told what a unit lacks.</param>
internal sealed class ModbusWriter(ModbusOptions options, Func<byte, byte[], CancellationToken, Task<ModbusAnswer>> send, DeviceTraffic traffic)
{
    // Units that refused the function with exception 1; the lanes share it.
    private readonly ConcurrentDictionary<(byte Unit, byte Function), bool> _lacking = [];

    /// <summary>Writes one raw value.</summary>
    /// <exception cref="WriteRefusedException">The value does not fit, the tag can only be read, or the device refused or holds another value.</exception>
    /// <exception cref="WriteUnconfirmedException">The unit did not confirm.</exception>
    public Task WriteAsync(ModbusTag tag, TagValue value, CancellationToken cancellationToken) => tag.Address.Table switch
    {
        ModbusTable.Coil when value.Object is bool[] bits => WriteCoilsAsync(tag, bits, cancellationToken),
        ModbusTable.Coil => ConfirmAsync(tag, ModbusPdu.WriteOneCoil(tag.Address.Offset, value.Truth), cancellationToken),
        ModbusTable.HoldingRegister when tag.Address.Bit is { } bit => WriteBitAsync(tag, bit, value.Truth, cancellationToken),
        ModbusTable.HoldingRegister => WriteRegistersAsync(tag, value, cancellationToken),
        _ => throw new WriteRefusedException($"'{tag.Name}' is a {tag.Address.Table.Words()}, which can only be read."),
    };

    private Task WriteCoilsAsync(ModbusTag tag, bool[] bits, CancellationToken cancellationToken) =>
        bits.Length == tag.Width
            ? ConfirmAsync(tag, ModbusPdu.WriteManyCoils(tag.Address.Offset, bits), cancellationToken)
            : throw new WriteRefusedException($"'{tag.Name}' has {bits.Length} elements: give {tag.Width}.");

    private async Task WriteRegistersAsync(ModbusTag tag, TagValue value, CancellationToken cancellationToken)
    {
        if (RegisterValue.Write(value, tag.Address, tag.Type, options.ByteOrder, out var bytes) is { } fault)
        {
            throw new WriteRefusedException($"'{tag.Name}' {fault}");
        }

        if (!options.VerifyWrites)
        {
            await ConfirmAsync(tag, RegistersPdu(tag, bytes), cancellationToken);
            return;
        }

        var (at, count) = (tag.Address.Offset, bytes.Length / 2);
        var held = count <= ModbusPdu.MostWrittenAndRead
            ? await TryAsync(tag, ModbusPdu.WriteThenRead(at, count, at, bytes), "registers are written, and read back by a second request", cancellationToken)
            : null;
        if (held is null)
        {
            await ConfirmAsync(tag, RegistersPdu(tag, bytes), cancellationToken);
            held = await send(tag.Unit, ModbusPdu.Read(ModbusTable.HoldingRegister, at, count), cancellationToken);
            Confirm(tag, held.Value);
        }

        if (!held.Value.Data.Span.SequenceEqual(bytes))
        {
            throw new WriteRefusedException(
                $"'{tag.Name}' ({tag.Address with { Unit = tag.Unit }}) was sent {value}, and the device holds {RegisterValue.Read(held.Value.Data.Span, tag.Address, tag.Type, options.ByteOrder)} after it: it limits or rounds the value, or something else writes there too.");
        }
    }

    private async Task WriteBitAsync(ModbusTag tag, int bit, bool value, CancellationToken cancellationToken)
    {
        if (tag.Address.Order is ByteOrder.BADC or ByteOrder.DCBA)
        {
            bit ^= 8;
        }

        var masked = await TryAsync(
            tag, ModbusPdu.MaskOneBit(tag.Address.Offset, bit, value), "a bit is written by reading its register and writing it back, which overwrites what another writer changed in between", cancellationToken);
        if (masked is not null)
        {
            return;
        }

        var current = await send(tag.Unit, ModbusPdu.Read(ModbusTable.HoldingRegister, tag.Address.Offset, 1), cancellationToken);
        if (current.Outcome == ModbusOutcome.Silent)
        {
            throw new WriteRefusedException($"'{tag.Name}' was not written: unit {tag.Unit} did not tell its register within {options.AnswerTimeout.TotalMilliseconds:0} ms.");
        }

        Confirm(tag, current);
        var register = (current.Data.Span[0] << 8) | current.Data.Span[1];
        register = value ? register | (1 << bit) : register & ~(1 << bit);
        await ConfirmAsync(tag, RegistersPdu(tag, [(byte)(register >> 8), (byte)register]), cancellationToken);
    }

    private byte[] RegistersPdu(ModbusTag tag, byte[] bytes) => bytes.Length == 2 && !options.AlwaysWriteMultiple
        ? ModbusPdu.WriteOneRegister(tag.Address.Offset, bytes)
        : ModbusPdu.WriteManyRegisters(tag.Address.Offset, bytes);

    // A function that not every unit has: null when this one lacks it. Nothing was written then.
    private async Task<ModbusAnswer?> TryAsync(ModbusTag tag, byte[] pdu, string otherwise, CancellationToken cancellationToken)
    {
        if (_lacking.ContainsKey((tag.Unit, pdu[0])))
        {
            return null;
        }

        var answer = await send(tag.Unit, pdu, cancellationToken);
        if (answer is { Outcome: ModbusOutcome.Refused, Exception: ModbusException.IllegalFunction })
        {
            _lacking[(tag.Unit, pdu[0])] = true;
            traffic.Failed($"Unit {tag.Unit} does not know function {pdu[0]}: {otherwise}.");
            return null;
        }

        Confirm(tag, answer);
        return answer;
    }

    private async Task ConfirmAsync(ModbusTag tag, byte[] pdu, CancellationToken cancellationToken) =>
        Confirm(tag, await send(tag.Unit, pdu, cancellationToken));

    private void Confirm(ModbusTag tag, in ModbusAnswer answer)
    {
        switch (answer.Outcome)
        {
            // The gateway, or the device itself, has taken the request: it may be carried out yet.
            case ModbusOutcome.Refused when answer.Exception is ModbusException.GatewayTarget or ModbusException.Acknowledge:
                throw new WriteUnconfirmedException($"'{tag.Name}' ({tag.Address with { Unit = tag.Unit }}): whether the value was taken is not known, {ModbusException.Explain(answer.Exception)}");
            case ModbusOutcome.Refused:
                throw new WriteRefusedException($"'{tag.Name}' ({tag.Address with { Unit = tag.Unit }}) was not written: {ModbusException.Explain(answer.Exception)}");
            case ModbusOutcome.Silent:
                throw new WriteUnconfirmedException($"unit {tag.Unit} did not confirm the write of '{tag.Name}' within {options.AnswerTimeout.TotalMilliseconds:0} ms: whether it took the value is not known.");
        }
    }
}
