using Microsoft.Extensions.Logging;
using Uns.Sparkplug.Topics;

namespace Uns.Sparkplug.Host;

/// <content>Two publishers under one name, and what is told in the log.</content>
public sealed partial class HostSession
{
    // Both answer a request, each with a birth of its own: this long is waited for them.
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(10);

    // The values of two publishers are never mixed: nothing of either is believed. [tck-id-topic-structure-namespace-unique-edge-node-descriptor]
    private void FoundTwo(NodeState node, DateTimeOffset now, string how)
    {
        node.TwoUntil = now + _options.TwoPublishersFor;
        node.BirthsWhileAsked = null;
        Broken(node, RuleBreach.TwoPublishers, SparkplugTopic.OfNode(MessageVerb.NBirth, node.Id), now, $"{how}.");
        LogTwo(node.Id, how);
        node.Early.TakeAll();
        AgeAll(node.All, now, $"Two publishers speak as {node.Id}: {how}.");
        Offline(node);
        _brake.Settle(node.Id);
    }

    private void SuspectSpoke(NodeState node, in SparkplugTopic topic, DateTimeOffset now)
    {
        node.Dropped++;
        if (topic.Verb == MessageVerb.NBirth && node.BirthsWhileAsked is { } births)
        {
            node.BirthsWhileAsked = births + 1;
            _brake.Settle(node.Id); // Answered: asking again would bring a second birth of the same publisher.
            if (births + 1 >= 2)
            {
                FoundTwo(node, now, "one request was answered by two births");
            }
        }
    }

    private void AskWhetherTwo(NodeState node, DateTimeOffset now)
    {
        if (node.RebirthOn == RebirthCauses.None)
        {
            // Nobody asks: the next births show whether both still speak, and until then nothing is believed.
            (node.BirthsWhileAsked, node.TwoUntil) = (null, null);
            node.Watch.Forget();
            LeaveAlone(node, RebirthReason.TwoPublishers, now);
            return;
        }

        if (node.BirthsWhileAsked is null)
        {
            (node.BirthsWhileAsked, node.TwoUntil) = (0, now + AnswersWithin);
        }
        else
        {
            (node.BirthsWhileAsked, node.TwoUntil) = (null, null);
            node.Watch.Forget();
            node.Journal.Add(NodeEventKind.OnePublisher, now);
            LogOne(node.Id);
        }

        _brake.Settle(node.Id);
        _brake.Ask(node.Id, RebirthReason.TwoPublishers);
    }

    [LoggerMessage(2100, LogLevel.Information, "Edge node {Node} is born with bdSeq {BdSeq} and {Metrics} metrics")]
    private partial void LogNodeBorn(EdgeNodeId node, int? bdSeq, int metrics);

    [LoggerMessage(2101, LogLevel.Warning, "Edge node {Node} has died (bdSeq {BdSeq})")]
    private partial void LogNodeDied(EdgeNodeId node, int? bdSeq);

    [LoggerMessage(2102, LogLevel.Warning, "Messages of edge node {Node} are missing: its metrics are stale until it is born again")]
    private partial void LogGap(EdgeNodeId node);

    [LoggerMessage(2103, LogLevel.Information, "Edge node {Node} is asked for a rebirth: {Reason}")]
    private partial void LogRebirth(EdgeNodeId node, RebirthReason reason);

    [LoggerMessage(2104, LogLevel.Error, "Edge node {Node} did not answer {Tries} requests for a rebirth; it is asked again when it speaks")]
    private partial void LogNoAnswer(EdgeNodeId node, int tries);

    [LoggerMessage(2105, LogLevel.Warning, "Edge node {Node} breaks a rule in {Topic} (told once, then counted): {Breach}, {Rule}. {Detail}")]
    private partial void LogMalformed(EdgeNodeId node, string topic, RuleBreach breach, string rule, string? detail);

    [LoggerMessage(2106, LogLevel.Error, "{Bound} edge nodes are known, which is the bound: {Node} and further ones are left aside")]
    private partial void LogFull(int bound, EdgeNodeId node);

    [LoggerMessage(2107, LogLevel.Error, "Two publishers speak as edge node {Node}: {How}. Its values are stale until one of them is stopped or renamed")]
    private partial void LogTwo(EdgeNodeId node, string how);

    [LoggerMessage(2108, LogLevel.Information, "One publisher is left that speaks as edge node {Node}")]
    private partial void LogOne(EdgeNodeId node);

    [LoggerMessage(2109, LogLevel.Warning, "Edge node {Node} misses a birth ({Reason}) and is not asked for one, as its settings say; a person may ask")]
    private partial void LogNotAsked(EdgeNodeId node, RebirthReason reason);

    [LoggerMessage(2110, LogLevel.Warning, "The clock of edge node {Node} is {Words} the host's")]
    private partial void LogClock(EdgeNodeId node, string words);
}
