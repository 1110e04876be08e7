using System.Text.Json;
using Uns.Sparkplug.Host;
using Uns.Tags;

namespace Uns.Tree;

/// <summary>
/// The one way up: checks a write against what the birth told, sends the command, and waits until the tree shows its effect.
/// </summary>
/// <remarks>What the tree showed before the command left answers nothing, not even when it is the value wanted: the device may refuse it all the same.</remarks>
/// <param name="tree">Where the value stands and where its answer is seen.</param>
/// <param name="commands">Takes the command to the broker.</param>
/// <param name="clock">Counts the time limit.</param>
public sealed class TreeWriter(UnsTree tree, ICommandSink commands, TimeProvider clock) : IValueWriter
{
    /// <summary>Writes that may be under way at once; one more is refused, so that a loop in a client cannot flood a plant.</summary>
    public const int MaximumUnderWay = 256;

    private int _underWay;

    /// <summary>Sees every write; null: nobody does. Set before the first one.</summary>
    public IWriteWitness? Witness { get; set; }

    /// <inheritdoc/>
    public async Task<WriteResult> WriteAsync(string path, JsonElement given, TimeSpan answerTimeout, CancellationToken cancellationToken, string who = "")
    {
        if (tree.Find(path) is not { Current: { } before } node)
        {
            return new(WriteOutcome.NotFound, $"'{path}' is no value in the namespace.", null);
        }

        if (Refusal(node, before, given, out var value) is { } refusal)
        {
            Witness?.Refused(path, before.Value.ToString(), given.ToString(), who, refusal);
            return refusal;
        }

        if (Interlocked.Increment(ref _underWay) > MaximumUnderWay)
        {
            Interlocked.Decrement(ref _underWay);
            return new(WriteOutcome.Busy, $"{MaximumUnderWay} writes are under way: try again when they are answered.", before);
        }

        try
        {
            var row = Witness is { } witness ? await witness.SendingAsync(path, before.Value.ToString(), value.ToString(), who) : 0;
            var result = await SendAsync(node, value, answerTimeout, cancellationToken);
            Witness?.Ended(row, before.Value.ToString(), value.ToString(), result);
            return result;
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private async Task<WriteResult> SendAsync(UnsNode node, TagValue value, TimeSpan answerTimeout, CancellationToken cancellationToken)
    {
        try
        {
            if (node.Source is not { } source)
            {
                return new(WriteOutcome.Offline, $"'{node.Path}' has just lost its source: no command was sent.", node.Current);
            }

            using var reader = tree.Feed.Open(node.Path);
            var before = node.Current;
            await commands.SendAsync(source, value, cancellationToken);
            return await AnswerAsync(node, before, value, reader, answerTimeout, cancellationToken);
        }
        catch (CommandRefusedException refused)
        {
            return new(WriteOutcome.Offline, refused.Message, node.Current);
        }
    }

    private static WriteResult? Refusal(UnsNode node, UnsValue before, JsonElement given, out TagValue value)
    {
        value = default;
        // Whether node and device are there is for the sink to say: a value that was not read yet is stale too, and can be written.
        if (node.Source is null)
        {
            return new(WriteOutcome.Offline, $"'{node.Path}' is stale ({before.Reason}): a command would reach nobody, so none was sent.", before);
        }

        if (node.Definition is not { Writable: true } definition)
        {
            return new(WriteOutcome.NotWritable, $"'{node.Path}' is read-only: its edge node did not offer it for writing.", before);
        }

        if (!TagValueJson.TryRead(definition.DataType, given, out value, out var fault))
        {
            return new(WriteOutcome.BadValue, $"The value for '{node.Path}' {fault}", before);
        }

        if (value.IsNumber && (value.Number < definition.Low || value.Number > definition.High))
        {
            return new(WriteOutcome.BadValue,
                $"The value for '{node.Path}' is {value}: give {definition.Low?.ToString() ?? "anything"} to {definition.High?.ToString() ?? "anything"}{(definition.Unit.Length > 0 ? " " + definition.Unit : "")}.",
                before);
        }

        return null;
    }

    private async Task<WriteResult> AnswerAsync(
        UnsNode node, UnsValue? before, TagValue wanted, TreeReader reader, TimeSpan answerTimeout, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(answerTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            while (true)
            {
                if (node.Current is { Quality: TagQuality.Good } now && !ReferenceEquals(now, before) && IsAnswer(now.Value, wanted, before?.Value))
                {
                    return new(WriteOutcome.Done, null, now);
                }

                await reader.WaitAsync(either.Token);
                reader.Take();
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unanswered(node, before, wanted, answerTimeout);
        }
    }

    private static WriteResult Unanswered(UnsNode node, UnsValue? before, TagValue wanted, TimeSpan answerTimeout)
    {
        var now = node.Current;
        var within = $"within {answerTimeout.TotalSeconds:0.#} s";
        if (ReferenceEquals(now, before) || now is null)
        {
            return new(WriteOutcome.NoAnswer, now?.Value == wanted
                ? $"The command was sent. '{node.Path}' read {wanted} already, and nothing came back {within}: whether the device took it is not known."
                : $"The command was sent, but '{node.Path}' did not change {within}.", now);
        }

        return now.Quality == TagQuality.Good
            ? new(WriteOutcome.Different, $"The command was sent; '{node.Path}' now reads {now.Value}, not {wanted}.", now)
            : new(WriteOutcome.NoAnswer, $"The command was sent, but '{node.Path}' is {now.Quality.ToString().ToLowerInvariant()} now: {now.Reason}", now);
    }

    // What did not move is an answer only when it is exact: else a small step that the device refused would pass for one that was rounded.
    private static bool IsAnswer(TagValue now, TagValue wanted, TagValue? before) =>
        now == wanted || (now != before && IsNear(now, wanted));

    // Scaling costs a double its last digits and a float its last two; a device may hold in single precision what its node tells as a double.
    private static bool IsNear(TagValue now, TagValue wanted)
    {
        const double tiny = 1e-12;
        var distance = Math.Abs(now.Number - wanted.Number);
        return (now.Type, wanted.Type) switch
        {
            (DataType.Float, DataType.Float) => distance <= Math.Max(tiny, Math.Abs(wanted.Number) * 2.5e-7),
            (DataType.Double, DataType.Double) => distance <= tiny * Math.Max(1, Math.Abs(wanted.Number)) || now.Number == (float)wanted.Number,
            _ => false,
        };
    }
}

/// <summary>How a write ended.</summary>
public enum WriteOutcome
{
    /// <summary>The new value came back as data.</summary>
    Done,

    /// <summary>Sent, and another value came back.</summary>
    Different,

    /// <summary>Sent, and nothing came back in time. Whether the device took it is unknown.</summary>
    NoAnswer,

    /// <summary>No value stands at this path. Nothing was sent.</summary>
    NotFound,

    /// <summary>The value cannot be written. Nothing was sent.</summary>
    NotWritable,

    /// <summary>The value given does not fit type or range. Nothing was sent.</summary>
    BadValue,

    /// <summary>Node or device is not there. Nothing was sent.</summary>
    Offline,

    /// <summary>Too many writes are under way. Nothing was sent.</summary>
    Busy,
}

/// <summary>What came of a write.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Message">One sentence for people; null when done.</param>
/// <param name="Value">What the tree shows now; null when there is no such value.</param>
public readonly record struct WriteResult(WriteOutcome Outcome, string? Message, UnsValue? Value);
