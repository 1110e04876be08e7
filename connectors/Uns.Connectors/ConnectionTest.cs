using System.Net;
using System.Net.Sockets;
using Uns.Tags;

namespace Uns.Connectors;

/// <summary>One step of a connection test.</summary>
/// <param name="Name">Settings, Name, Port, Protocol, Identity, First value, or <c>Tag</c> and the tag's name.</param>
/// <param name="Passed">False when the step failed; the steps that need it are then left out.</param>
/// <param name="Took">How long it took.</param>
/// <param name="Message">What was found; where it failed, one sentence that says what to change.</param>
public sealed record TestStep(string Name, bool Passed, TimeSpan Took, string Message);

/// <summary>Tries a device out without saving it, step by step, and stops at the step that says what is wrong.</summary>
/// <param name="clock">Measures the steps and ends those that take too long.</param>
/// <param name="told">Hears of each step as soon as it is done, on no particular thread; the tags come together at the end.</param>
/// <remarks>Opens one connection of its own and closes it. Writes nothing to the device.</remarks>
public sealed class ConnectionTest(TimeProvider clock, Action<TestStep>? told = null)
{
    /// <summary>Longest time for one step.</summary>
    public static TimeSpan StepLimit { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Runs the steps in order.</summary>
    /// <returns>The steps that were tried; the last ones are one for each tag when the device answered.</returns>
    public async Task<IReadOnlyList<TestStep>> RunAsync(IConnectorKind kind, DeviceOptions device, CancellationToken cancellationToken)
    {
        var steps = new List<TestStep>();
        var faults = kind.Check(device);
        steps.Add(new("Settings", faults.Count == 0, TimeSpan.Zero, faults.Count == 0 ? "No fault found." : string.Join(" ", faults)));
        told?.Invoke(steps[^1]);
        if (faults.Count > 0)
        {
            return steps;
        }

        if (kind.EndPointOf(device) is { } endPoint
            && !(await TryAsync(steps, "Name", token => ResolveAsync(endPoint, token), cancellationToken)
                && await TryAsync(steps, "Port", token => OpenAsync(endPoint, token), cancellationToken)))
        {
            return steps;
        }

        var plan = kind.Plan(device, clock);
        try
        {
            if (await TryAsync(steps, "Protocol", token => GreetAsync(kind, plan.Connector, token), cancellationToken))
            {
                await IdentifyAsync(steps, plan.Connector, cancellationToken);
                if (!steps[^1].Passed)
                {
                    // The question may have cost the connection; the tags are to be tried all the same.
                    await plan.Connector.DisconnectAsync();
                    await TryAsync([], "", token => GreetAsync(kind, plan.Connector, token), cancellationToken);
                }

                await ReadTagsAsync(steps, device, plan, cancellationToken);
            }
        }
        finally
        {
            await plan.Connector.DisconnectAsync();
            await plan.Connector.DisposeAsync();
        }

        return steps;
    }

    private async Task<bool> TryAsync(List<TestStep> steps, string name, Func<CancellationToken, Task<string>> step, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(StepLimit, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var begun = clock.GetTimestamp();
        string message;
        var passed = false;
        try
        {
            message = await step(linked.Token).WaitAsync(linked.Token);
            passed = true;
        }
        catch (ConnectorException failure)
        {
            message = failure.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            message = $"No answer within {StepLimit.TotalSeconds:0} s: check that the device is switched on and not overloaded.";
        }

        steps.Add(new(name, passed, clock.GetElapsedTime(begun), message));
        if (name.Length > 0)
        {
            told?.Invoke(steps[^1]);
        }

        return passed;
    }

    private static async Task<string> ResolveAsync(DeviceEndPoint endPoint, CancellationToken cancellationToken)
    {
        try
        {
            var found = await Dns.GetHostAddressesAsync(endPoint.Host, cancellationToken);
            return $"{endPoint.Host} is {string.Join(", ", found.Select(a => a.ToString()))}.";
        }
        catch (SocketException failure)
        {
            throw new ConnectorException(DeviceSocket.Explain(endPoint, failure), failure);
        }
    }

    private async Task<string> OpenAsync(DeviceEndPoint endPoint, CancellationToken cancellationToken)
    {
        using var socket = await DeviceSocket.ConnectAsync(endPoint, StepLimit / 2, clock, cancellationToken);
        return $"Port {endPoint.Port} is open.";
    }

    private static async Task<string> GreetAsync(IConnectorKind kind, IConnector connector, CancellationToken cancellationToken)
    {
        await connector.ConnectAsync(cancellationToken);
        return $"{kind.Title} answers.";
    }

    // A device that tells nothing about itself has passed: many do not.
    private async Task IdentifyAsync(List<TestStep> steps, IConnector connector, CancellationToken cancellationToken)
    {
        DeviceIdentity? identity = null;
        var passed = await TryAsync(
            steps, "Identity", async token => (identity = await connector.IdentifyAsync(token))?.ToString() ?? "The protocol knows no such question.", cancellationToken);
        if (passed && identity is null)
        {
            steps.RemoveAt(steps.Count - 1);
        }
    }

    private async Task ReadTagsAsync(List<TestStep> steps, DeviceOptions device, ConnectorPlan plan, CancellationToken cancellationToken)
    {
        var first = new FirstSamples(device.Tags.Count);
        var begun = clock.GetTimestamp();
        var failure = await ReadAllAsync(plan, first, cancellationToken);
        var took = clock.GetElapsedTime(begun);
        var tags = new List<TestStep>();
        for (var index = 0; index < device.Tags.Count; index++)
        {
            var tag = device.Tags[index];
            var type = plan.Tags[index].DataType;
            var raw = first.Of(tag.Name) ?? new TagSample(tag.Name, TagValue.Null(type), TagQuality.Bad, clock.GetUtcNow(), failure ?? "no value came.");
            var sample = TagStage.Clamp(TagStage.Scale(raw, new Scaling(tag.Factor, tag.Offset), type), TagStage.LimitsOf(tag));
            tags.Add(new(
                $"Tag {tag.Name}",
                sample.Quality != TagQuality.Bad,
                took,
                sample.Quality == TagQuality.Bad ? sample.Reason ?? "no value came." : $"{sample.Value} {tag.Unit}".TrimEnd()));
        }

        if (tags.Count > 0)
        {
            var good = tags.Count(t => t.Passed);
            var shown = Math.Max(0, tags.FindIndex(t => t.Passed));
            steps.Add(new("First value", good > 0, took, good > 0
                ? $"{device.Tags[shown].Name} is {tags[shown].Message}; {good} of {tags.Count} tags can be read."
                : $"None of {tags.Count} tags can be read. {device.Tags[shown].Name}: {tags[shown].Message}"));
        }

        steps.AddRange(tags);
    }

    // Null when all went well, else why the tags that are still missing could not be read.
    private async Task<string?> ReadAllAsync(ConnectorPlan plan, FirstSamples first, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(StepLimit, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            if (plan.Connector.Pushes)
            {
                var listening = plan.Connector.ListenAsync(first, linked.Token);
                await await Task.WhenAny(listening, first.Complete);
                await linked.CancelAsync();
                return null;
            }

            foreach (var group in plan.Groups)
            {
                await plan.Connector.ReadAsync(group, first, linked.Token).WaitAsync(linked.Token);
            }

            return null;
        }
        catch (ConnectorException failure)
        {
            return failure.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"no value came within {StepLimit.TotalSeconds:0} s.";
        }
    }

    private sealed class FirstSamples(int expected) : ITagSink
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, TagSample> _samples = new(StringComparer.Ordinal);
        private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Complete => _complete.Task;

        public void Add(in TagSample sample)
        {
            lock (_gate)
            {
                _samples.TryAdd(sample.Tag, sample);
                if (_samples.Count >= expected)
                {
                    _complete.TrySetResult();
                }
            }
        }

        public TagSample? Of(string tag)
        {
            lock (_gate)
            {
                return _samples.TryGetValue(tag, out var sample) ? sample : null;
            }
        }
    }
}
