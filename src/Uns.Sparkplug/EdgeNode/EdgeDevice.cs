using Uns.Sparkplug.Payloads;
using Uns.Tags;

namespace Uns.Sparkplug.EdgeNode;

/// <summary>One device as its edge node knows it: the tags, their aliases and the last thing each tag said.</summary>
internal sealed class EdgeDevice(string id)
{
    /// <summary>Why a tag is stale before its first sample.</summary>
    public const string NeverRead = "It has not been read yet.";

    private readonly Dictionary<string, Entry> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, Entry> _byAlias = [];
    private List<Entry> _entries = [];

    public string Id { get; } = id;

    /// <summary>True while the device can be reached; it then has a DBIRTH in each birth.</summary>
    public bool IsOnline { get; set; }

    /// <summary>True once its DBIRTH was made in this session.</summary>
    public bool IsBorn { get; set; }

    /// <summary>Why it cannot be born on this connection; null when it can.</summary>
    public string? Fault { get; set; }

    /// <summary>Takes the tags from now on. A tag that stays keeps its alias and, if its type stays too, its last value.</summary>
    /// <returns>False when nothing changed.</returns>
    public bool Define(IReadOnlyList<TagDefinition> tags, ref ulong nextAlias)
    {
        if (_entries.Count == tags.Count && _entries.Select(e => e.Tag).SequenceEqual(tags) && tags.Count > 0)
        {
            return false;
        }

        var entries = new List<Entry>(tags.Count);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tag in tags)
        {
            if (!names.Add(tag.Name))
            {
                throw new ArgumentException($"Device '{Id}' names the tag '{tag.Name}' twice.", nameof(tags));
            }

            var old = _byName.GetValueOrDefault(tag.Name);
            var entry = new Entry(tag, old?.Alias ?? nextAlias++);
            if (old is not null && old.Tag.DataType == tag.DataType)
            {
                entry.CopyFrom(old);
            }

            entries.Add(entry);
        }

        _entries = entries;
        _byName.Clear();
        _byAlias.Clear();
        foreach (var entry in entries)
        {
            _byName.Add(entry.Tag.Name, entry);
            _byAlias.Add(entry.Alias, entry);
        }

        return true;
    }

    /// <summary>The definition of the tag that a command's metric means, by alias or by name; null when there is none.</summary>
    public TagDefinition? Find(Metric metric) =>
        metric.Alias is { } alias && _byAlias.TryGetValue(alias, out var entry) && (metric.Name is null || metric.Name == entry.Tag.Name)
            ? entry.Tag
            : metric.Alias is null && metric.Name is { } name ? _byName.GetValueOrDefault(name)?.Tag : null;

    /// <summary>All metrics with name, alias, type, value and properties, in the order of their times.</summary>
    /// <remarks>[tck-id-operational-behavior-data-publish-dbirth-order]</remarks>
    public IEnumerable<Metric> BirthMetrics(DateTimeOffset now) => _entries.Select(entry => entry.BirthMetric(now)).OrderBy(metric => metric.Timestamp);

    /// <summary>Takes one sample as the tag's last word.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="withDataType">True to name the type again, as <see cref="EdgeNodeOptions.DataTypesInData"/> says.</param>
    /// <param name="metric">The metric for a data message; null when the sample says nothing new.</param>
    /// <returns>False when the device has no such tag.</returns>
    public bool TryTake(in TagSample sample, bool withDataType, out Metric? metric)
    {
        metric = null;
        if (!_byName.TryGetValue(sample.Tag, out var entry))
        {
            return false;
        }

        metric = entry.Take(sample, withDataType);
        return true;
    }

    /// <summary>What was kept while nobody could be told, as a historical metric; the tag's last word stays what it is.</summary>
    /// <returns>Null when the tag is gone or has another type now.</returns>
    public Metric? Historical(Metric kept, bool withDataType) =>
        kept.Name is { } name && _byName.TryGetValue(name, out var entry) && entry.Tag.DataType == kept.DataType
            ? kept with { Name = null, Alias = entry.Alias, DataType = withDataType ? kept.DataType : null, IsHistorical = true }
            : null;

    private sealed class Entry(TagDefinition tag, ulong alias)
    {
        private TagValue _value = TagValue.Null(tag.DataType);
        private TagQuality _quality = TagQuality.Stale; // Nobody has read it: null is no value, and never a good one.
        private DateTimeOffset? _time;
        private string? _reason = NeverRead;

        public TagDefinition Tag { get; } = tag;

        public ulong Alias { get; } = alias;

        public void CopyFrom(Entry old)
        {
            _value = old._value;
            _quality = old._quality;
            _time = old._time;
            _reason = old._reason;
        }

        public Metric BirthMetric(DateTimeOffset now)
        {
            var properties = QualityProperties(sayGood: false);
            if (Tag.Unit.Length > 0)
            {
                properties.Add(MetricProperty.Of(MetricPropertyKeys.Unit, Tag.Unit));
            }

            if (Tag.Low is { } low)
            {
                properties.Add(MetricProperty.Of(MetricPropertyKeys.Low, low));
            }

            if (Tag.High is { } high)
            {
                properties.Add(MetricProperty.Of(MetricPropertyKeys.High, high));
            }

            if (Tag.Description.Length > 0)
            {
                properties.Add(MetricProperty.Of(MetricPropertyKeys.Description, Tag.Description));
            }

            properties.Add(MetricProperty.Of(MetricPropertyKeys.ReadOnly, !Tag.Writable));

            // A birth names everything. [tck-id-payloads-alias-birth-requirement], [tck-id-payloads-metric-datatype-req]
            return Metric.Of(Tag.Name, _value, _time ?? now) with { Alias = Alias, Properties = properties };
        }

        public Metric? Take(in TagSample sample, bool withDataType)
        {
            var wasGood = _quality == TagQuality.Good;
            var fits = sample.Value.Type == Tag.DataType;
            var quality = fits || sample.Quality == TagQuality.Bad ? sample.Quality : TagQuality.Bad;
            var reason = fits || sample.Quality == TagQuality.Bad ? sample.Reason : $"came as {sample.Value.Type}; {Tag.DataType} is defined.";
            var value = quality != TagQuality.Bad ? sample.Value : _value;
            var isNews = quality != _quality || reason != _reason || value != _value || sample.IsAnswer;
            (_quality, _reason, _value, _time) = (quality, reason, value, sample.SourceTime);
            if (!isNews)
            {
                return null; // Report by exception. [tck-id-principles-rbe-recommended], [tck-id-topics-ddata-payload]
            }

            // Data carry the alias alone, and no type unless it is asked for. [tck-id-payloads-alias-data-cmd-requirement], [tck-id-payloads-metric-datatype-not-req]
            return new Metric
            {
                Alias = Alias,
                Timestamp = _time,
                DataType = withDataType ? Tag.DataType : null,
                IsNull = _value.IsNull,
                Value = WireConversion.ToWire(_value),
                Properties = QualityProperties(sayGood: !wasGood),
            };
        }

        // Nothing is said of good quality, except once when it comes back. [tck-id-payloads-propertyset-quality-value-value]
        private List<MetricProperty> QualityProperties(bool sayGood)
        {
            var properties = new List<MetricProperty>(6);
            if (_quality == TagQuality.Good)
            {
                if (sayGood)
                {
                    properties.Add(MetricProperty.OfQuality((int)TagQuality.Good));
                }

                return properties;
            }

            properties.Add(MetricProperty.OfQuality((int)(_quality == TagQuality.Bad ? TagQuality.Bad : TagQuality.Stale)));
            if (_reason is { Length: > 0 })
            {
                properties.Add(MetricProperty.Of(MetricPropertyKeys.Reason, _reason));
            }

            return properties;
        }
    }
}
