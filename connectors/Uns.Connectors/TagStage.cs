using Uns.Tags;

namespace Uns.Connectors;

/// <summary>
/// Between the connector and the way out: turns raw samples into engineering values and lets only news through.
/// Each connection gets its own passage; what an old connection still has to say is not let through.
/// </summary>
internal sealed class TagStage
{
    private const string Held = "held at its limit.";

    private readonly Lock _gate = new();
    private readonly ITagSink _sink;
    private readonly IReadOnlyList<TagOptions> _tags;
    private readonly TagNumbers _numbers;
    private readonly Entry[] _entries;
    // Tags whose device has confirmed a write that no sample has answered yet.
    private readonly HashSet<int> _answersDue = [];
    private Passage? _open;
    private volatile Followed[]? _followed; // Null but while somebody follows a tag.

    public TagStage(ConnectorPlan plan, IReadOnlyList<TagOptions> tags, ITagSink sink)
    {
        _sink = sink;
        _tags = tags;
        _numbers = plan.Numbers;
        _entries = new Entry[tags.Count];
        // A device has few ways to treat a tag: tags of one type without scaling and deadband share theirs.
        var treatments = new Dictionary<Treatment, Treatment>();
        for (var number = 0; number < tags.Count; number++)
        {
            var tag = tags[number];
            var treatment = new Treatment(plan.Tags[number].DataType, new Scaling(tag.Factor, tag.Offset), LimitsOf(tag), DeviceChecks.DeadbandOf(tag));
            if (!treatments.TryGetValue(treatment, out var known))
            {
                treatments.Add(treatment, known = treatment);
            }

            _entries[number].Treatment = known;
        }
    }

    /// <summary>Opens the passage of a new connection and shuts the one before.</summary>
    public Passage Open()
    {
        lock (_gate)
        {
            _answersDue.Clear();
            _open = new Passage(this);
            return _open;
        }
    }

    /// <summary>Shuts the passage and gives every tag one sample of bad quality.</summary>
    public void MarkAllBad(string reason, DateTimeOffset at)
    {
        lock (_gate)
        {
            _open = null;
            for (var number = 0; number < _entries.Length; number++)
            {
                Pass(ref _entries[number], new TagSample(_tags[number].Name, TagValue.Null(_entries[number].Treatment.Type), TagQuality.Bad, at, reason));
            }
        }
    }

    /// <summary>The device has confirmed a write: the next sample of the tag answers it, and is told although it may say nothing new.</summary>
    public void AwaitAnswer(string tag)
    {
        lock (_gate)
        {
            if (_open is not null && _numbers.Find(tag) is >= 0 and var number)
            {
                _answersDue.Add(number);
            }
        }
    }

    /// <summary>Tags whose answer has not come yet.</summary>
    public IReadOnlyList<string> AnswersDue()
    {
        lock (_gate)
        {
            return _answersDue.Count == 0 ? [] : [.. _answersDue.Select(number => _tags[number].Name)];
        }
    }

    /// <summary>Tells what becomes of each sample of a tag; null: nobody follows it any more. A name that no tag has changes nothing.</summary>
    public void Follow(string tag, Action<ReadSighting>? follower)
    {
        if (_numbers.Find(tag) is not (>= 0 and var number))
        {
            return;
        }

        lock (_gate)
        {
            var others = (_followed ?? []).Where(f => f.Number != number);
            Followed[] followed = follower is null ? [.. others] : [.. others, new(number, follower)];
            _followed = followed.Length == 0 ? null : followed;
        }
    }

    /// <summary>Scales one raw sample; a value that is no number, or does not fit after scaling, turns bad and says so.</summary>
    internal static TagSample Scale(in TagSample raw, in Scaling scaling, DataType type)
    {
        if (raw.Quality == TagQuality.Bad || raw.Value.IsNull)
        {
            return raw with { Value = TagValue.Null(type), Quality = TagQuality.Bad, Reason = raw.Reason ?? "the device sent no value." };
        }

        if (!TagArray.IsFinite(raw.Value))
        {
            return raw with { Value = TagValue.Null(type), Quality = TagQuality.Bad, Reason = $"the device sent {TagArray.Numbers(raw.Value).First(n => !double.IsFinite(n.Number))}, which is no number: check type and byte order." };
        }

        return scaling.TryApply(raw.Value, out var engineering)
            ? raw with { Value = engineering }
            : raw with { Value = TagValue.Null(type), Quality = TagQuality.Bad, Reason = $"raw {raw.Value} does not fit {engineering.Type} after scaling: check factor and offset." };
    }

    /// <summary>The limits at which a tag's values are held; null for one that is not clamped.</summary>
    internal static (double Low, double High)? LimitsOf(TagOptions tag) =>
        tag.Clamp ? (tag.Low ?? double.NegativeInfinity, tag.High ?? double.PositiveInfinity) : null;

    /// <summary>Holds a number, or each element of an array, within its limits, and says that it did.</summary>
    internal static TagSample Clamp(in TagSample sample, (double Low, double High)? limits)
    {
        if (limits is not var (low, high) || sample.Value.IsNull)
        {
            return sample;
        }

        if (TagArray.IsArray(sample.Value.Type))
        {
            return ClampElements(sample, low, high);
        }

        if (!sample.Value.IsNumber || (sample.Value.Number >= low && sample.Value.Number <= high))
        {
            return sample;
        }

        return TagNumber.TryMake(sample.Value.Type, Math.Clamp(sample.Value.Number, low, high), out var held)
            ? sample with { Value = held, Reason = Held }
            : Beyond(sample, sample.Value);
    }

    private static TagSample ClampElements(in TagSample sample, double low, double high)
    {
        var elements = TagArray.Split(sample.Value).ToArray();
        var isHeld = false;
        for (var index = 0; index < elements.Length && elements[index].IsNumber; index++)
        {
            var element = elements[index];
            if (element.Number >= low && element.Number <= high)
            {
                continue;
            }

            isHeld = true;
            if (!TagNumber.TryMake(element.Type, Math.Clamp(element.Number, low, high), out elements[index]))
            {
                return Beyond(sample, element);
            }
        }

        return isHeld ? sample with { Value = TagArray.Join(sample.Value.Type, elements), Reason = Held } : sample;
    }

    private static TagSample Beyond(in TagSample sample, TagValue number) => sample with
    {
        Value = TagValue.Null(sample.Value.Type),
        Quality = TagQuality.Bad,
        Reason = $"{number} is beyond limits that {number.Type} does not hold.",
    };

    private bool Take(Passage from, in TagSample raw, PollGroup? group, long begun, bool isReadBack = false)
    {
        lock (_gate)
        {
            // A name that no tag has comes from a connector's fault; there is nobody to tell it to.
            if (!ReferenceEquals(_open, from) || _numbers.Find(raw.Tag) is not (>= 0 and var number))
            {
                return false;
            }

            var isAnswer = _answersDue.Count > 0 && _answersDue.Remove(number);
            if (isReadBack && !isAnswer)
            {
                return false; // The device told by itself meanwhile, and that is newer.
            }

            ref var entry = ref _entries[number];
            var sample = Clamp(Scale(raw, entry.Treatment.Scaling, entry.Treatment.Type), entry.Treatment.Limits) with { IsAnswer = isAnswer };
            if (_followed is { } followed && FollowerOf(followed, number) is { } follower)
            {
                return PassSeen(ref entry, raw, sample, group, begun, follower);
            }

            return Pass(ref entry, sample);
        }
    }

    // No closure here: it would be made for every value, followed or not.
    private static Action<ReadSighting>? FollowerOf(Followed[] followed, int number)
    {
        foreach (var one in followed)
        {
            if (one.Number == number)
            {
                return one.Follower;
            }
        }

        return null;
    }

    // Apart from the way above, which is every value's: it is told before it goes on, so that its road begins here.
    private bool PassSeen(ref Entry entry, in TagSample raw, in TagSample sample, PollGroup? group, long begun, Action<ReadSighting> follower)
    {
        var before = entry.Filter.LastTold;
        var passes = entry.Filter.Passes(sample, entry.Treatment.Deadband);
        follower(new(raw, sample, before, passes, entry.Treatment.Deadband, group, begun));
        if (passes)
        {
            _sink.Add(sample);
        }

        return passes;
    }

    private bool Pass(ref Entry entry, in TagSample sample)
    {
        if (!entry.Filter.Passes(sample, entry.Treatment.Deadband))
        {
            return false;
        }

        _sink.Add(sample);
        return true;
    }

    private sealed record Treatment(DataType Type, Scaling Scaling, (double Low, double High)? Limits, Deadband Deadband);

    private readonly record struct Followed(int Number, Action<ReadSighting> Follower);

    private struct Entry
    {
        public Treatment Treatment;
        public ChangeFilter Filter;
    }

    /// <summary>The way of one connection's samples; shut when the next one opens.</summary>
    internal sealed class Passage(TagStage stage) : ITagSink
    {
        public void Add(in TagSample sample) => stage.Take(this, sample, null, 0);

        /// <summary>Takes a sample that was read only because an answer is due.</summary>
        public void Answer(in TagSample sample) => stage.Take(this, sample, null, 0, isReadBack: true);

        /// <summary>Takes one sample of a read; true when it was news.</summary>
        public bool Offer(in TagSample sample, PollGroup? group, long begun) => stage.Take(this, sample, group, begun);
    }
}
