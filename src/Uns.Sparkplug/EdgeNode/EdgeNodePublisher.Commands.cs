using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Uns.Mqtt.Client;
using Uns.Sparkplug.Payloads;
using Uns.Sparkplug.Topics;
using Uns.Tags;

namespace Uns.Sparkplug.EdgeNode;

/// <content>What hosts ask of the node: rebirths and writes.</content>
public sealed partial class EdgeNodePublisher
{
    private readonly record struct Command(string Device, string Tag, TagValue Value);

    private async Task ReadCommandsAsync(MqttClient client)
    {
        try
        {
            await foreach (var message in client.Messages.ReadAllAsync())
            {
                Take(message);
            }
        }
        catch (Exception fault) when (fault is MqttConnectionLostException or ChannelClosedException)
        {
            // The sender learns of it too, and acts.
        }
    }

    private void Take(in MqttMessage message)
    {
        if (!_session.Version.TryParseTopic(message.Topic, out var topic))
        {
            return;
        }

        if (topic.Verb == MessageVerb.State)
        {
            TakeState(topic.HostId!, message.Payload.Span);
            return;
        }

        if (message.Retain || topic.Node != _options.Id)
        {
            return; // A kept command is an old one: carrying it out at each connect would be wrong.
        }

        SparkplugPayload payload;
        try
        {
            payload = _session.Version.Read(message.Payload.Span);
        }
        catch (SparkplugFormatException fault)
        {
            Refuse(message.Topic, "payload", fault.Message);
            return;
        }

        foreach (var metric in payload.Metrics)
        {
            if (topic.Verb == MessageVerb.DCmd)
            {
                TakeWrite(topic.Device!, metric);
            }
            else if (metric is { Name: EdgeNodeSession.RebirthName, IsNull: false, Value: { Kind: WireKind.Boolean, Bits: not 0 } })
            {
                lock (_gate)
                {
                    _session.AskRebirth();
                }

                _wake.Writer.TryWrite(true);
            }
            else
            {
                Refuse("the node", metric.Name ?? $"alias {metric.Alias}", "is no command this node knows.");
            }
        }
    }

    private void TakeWrite(string device, Metric metric)
    {
        TagDefinition? tag;
        lock (_gate)
        {
            tag = _session.FindTag(device, metric);
        }

        var shown = tag?.Name ?? metric.Name ?? $"alias {metric.Alias}";
        if (tag is null)
        {
            Refuse(device, shown, "is not a tag of this device.");
        }
        else if (!CommandCheck.TryRead(tag, metric, out var value, out var fault))
        {
            Refuse(device, shown, fault);
        }
        else if (!_commands.Writer.TryWrite(new(device, tag.Name, value)))
        {
            Refuse(device, shown, $"came while {CommandsBound} commands wait.");
        }
    }

    // Several are under way at a time, begun in the order in which they came: a slow device holds up no other, and a fast one may send them together.
    private async Task CarryOutAsync(CancellationToken cancellationToken)
    {
        var places = new SemaphoreSlim(CommandsAtOnce);
        try
        {
            await foreach (var command in _commands.Reader.ReadAllAsync(cancellationToken))
            {
                await places.WaitAsync(cancellationToken);
                _ = CarryOutAsync(command, places, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Planned stop.
        }

        for (var ended = 0; ended < CommandsAtOnce; ended++)
        {
            await places.WaitAsync(CancellationToken.None);
        }
    }

    private async Task CarryOutAsync(Command command, SemaphoreSlim places, CancellationToken cancellationToken)
    {
        try
        {
            await (OnCommand?.Invoke(command.Device, command.Tag, command.Value, cancellationToken) ?? Task.CompletedTask);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Planned stop.
        }
        catch (Exception fault)
        {
            LogCommandFailed(_options.Id, command.Device, command.Tag, command.Value.ToString(), fault.Message);
        }
        finally
        {
            places.Release();
        }
    }

    private void Refuse(string device, string metric, string reason)
    {
        Interlocked.Increment(ref _refused);
        LogRefused(_options.Id, device, metric, reason);
    }

    [LoggerMessage(2010, LogLevel.Warning, "Edge node {Node} refused a command to {Device}: {Metric} {Reason}")]
    private partial void LogRefused(EdgeNodeId node, string device, string metric, string reason);

    [LoggerMessage(2011, LogLevel.Error, "Edge node {Node} could not set {Tag} of {Device} to {Value}: {Reason}")]
    private partial void LogCommandFailed(EdgeNodeId node, string device, string tag, string value, string reason);
}
