using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Uns.Sparkplug.Host;
using Uns.Tags;
using Uns.UnitTests.Sparkplug.Payloads;

namespace Uns.UnitTests.Sparkplug.Host;

/// <summary>Whatever an edge node says: the host takes it or tells why not, never throws, and what it shows can be written.</summary>
public sealed class HostFuzzTests
{
    private const int Everyday = 40_000;

    /// <summary>Messages of a node that speaks at random, most of them damaged a little; <c>UNS_FUZZ_PAYLOADS</c> says how many, for the night.</summary>
    [Fact]
    public void A_node_that_says_anything_at_all_is_taken_or_told_why_not()
    {
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("UNS_FUZZ_PAYLOADS"), NumberStyles.None, CultureInfo.InvariantCulture, out var told) ? told : Everyday;
        var random = new Random(20260107);
        var payloads = new RandomPayload(20260107);
        var stage = new HostStage(new HostOptions { TwoPublishersFor = TimeSpan.FromSeconds(1) });
        var seq = 0;
        long births = 0, data = 0;
        for (var round = 0; round < rounds; round++)
        {
            var verb = random.Next(10) switch { 0 => "NBIRTH", 1 or 2 => "DBIRTH", 3 => "DDEATH", 4 => random.Next(5) == 0 ? "NDEATH" : "NDATA", 5 or 6 => "NDATA", _ => "DDATA" };
            var payload = payloads.Next();
            payload.Seq = (ulong)(seq = verb == "NBIRTH" ? 0 : verb == "NDEATH" ? seq : (seq + 1) % 256);
            if (verb == "NBIRTH" || random.Next(3) > 0)
            {
                payload.Timestamp = (ulong)stage.Now.ToUnixTimeMilliseconds();
            }

            var wire = payload.ToByteArray();
            for (var hits = random.Next(verb == "NBIRTH" ? 50 : 6) == 0 ? random.Next(1, 4) : 0; hits > 0; hits--) // A birth that is lost makes what follows it another publisher's.
            {
                wire[random.Next(wire.Length)] = (byte)random.Next(256);
            }

            var before = stage.Changes;
            stage.Session.Accept($"spBv1.0/G/{verb}/E{(verb[0] == 'D' ? "/D" : "")}", wire, stage.Now);
            births += verb.EndsWith("BIRTH", StringComparison.Ordinal) && stage.Changes > before ? 1 : 0;
            data += verb.EndsWith("DATA", StringComparison.Ordinal) && stage.Changes > before ? 1 : 0;
            if (round % 16 == 0)
            {
                stage.Now += TimeSpan.FromSeconds(3);
                stage.Session.Tick(stage.Now);
                stage.Rebirths();
                WriteAll(stage);
            }
        }

        // It is neither all refused nor all understood.
        Assert.True(births > rounds / 50, $"{births} births of {rounds} messages changed something.");
        Assert.True(data > rounds / 500, $"{data} data messages of {rounds} changed something.");
        Assert.True(stage.Report.Breaches.Count > 25, string.Join(", ", stage.Report.Breaches));
        Assert.InRange(stage.Report.Timeline.Count, 1, new HostOptions().JournalLength);
    }

    // As pages and topics show it: quality, reason and JSON.
    private static void WriteAll(HostStage stage)
    {
        using var text = new MemoryStream();
        using var json = new Utf8JsonWriter(text);
        json.WriteStartArray();
        foreach (var change in stage.Known.Values.Concat(stage.Past))
        {
            TagValueJson.Write(json, change.Value);
            Assert.False(change.Quality == TagQuality.Bad && string.IsNullOrEmpty(change.Reason), $"{change.Key} is bad without a reason.");
        }

        json.WriteEndArray();
        stage.Past.Clear();
    }
}
