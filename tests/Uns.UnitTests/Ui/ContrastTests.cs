using System.Globalization;
using System.Text.RegularExpressions;
using Uns.TestKit;

namespace Uns.UnitTests.Ui;

/// <summary>Every text can be read on its ground, in light and dark: contrast as WCAG 2.2 reckons it, at least 4.5 to 1.</summary>
public sealed partial class ContrastTests
{
    private const double Text = 4.5;
    private const double Line = 3; // WCAG 2.2, 1.4.11: lines of a chart.

    private static readonly string Sheet = File.ReadAllText(Path.Combine(PeerProcess.Root(), "ui", "Uns.Ui", "wwwroot", "app.css"));

    // What stands on which ground where no rule names both.
    private static readonly (string Ink, string Ground)[] Known =
    [
        ("--ink", "--paper"), ("--ink", "--ground"), ("--soft", "--paper"), ("--soft", "--ground"), ("--accent", "--paper"), ("--accent", "--ground"), ("--good", "--paper"), ("--bad", "--paper"),
        ("--ink", "--accent-soft"), ("--soft", "--accent-soft"), ("--ink", "--stale-soft"), ("--soft", "--stale-soft"), ("--accent", "--stale-soft"), ("--accent", "--good-soft"), ("--accent", "--bad-soft"),
    ];

    public static TheoryData<string, string, string> Texts() => [.. from dark in new[] { "light", "dark" } from pair in Known.Concat(Named()).Distinct() select (dark, pair.Ink, pair.Ground)];

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_text_can_be_read(string look, string ink, string ground)
    {
        var contrast = Contrast(Colour(look, ink), Colour(look, ground));
        Assert.True(contrast >= Text, $"{ink} on {ground} has {contrast:0.00} to 1 in {look}.");
    }

    [Theory]
    [InlineData("light")]
    [InlineData("dark")]
    public void The_lines_of_a_trend_can_be_seen(string look)
    {
        for (var line = 0; line < 8; line++)
        {
            Assert.True(Contrast(Colour(look, $"--t{line}"), Colour(look, "--paper")) >= Line, $"Line {line} in {look}.");
        }
    }

    [Fact]
    public void Contrast_is_reckoned_as_the_standard_has_it()
    {
        Assert.Equal(21, Contrast("#000000", "#ffffff"), 2);
        Assert.Equal(4.48, Contrast("#777777", "#ffffff"), 2);
        Assert.True(Named().Count() > 6);
    }

    // Rules that name both: a badge, a button.
    private static IEnumerable<(string Ink, string Ground)> Named() => Rules().Matches(Sheet)
        .Select(rule => (Ink: Ink().Match(rule.Value), Ground: Ground().Match(rule.Value))).Where(r => r.Ink.Success && r.Ground.Success).Select(r => (r.Ink.Groups["colour"].Value, r.Ground.Groups["colour"].Value));

    private static string Colour(string look, string name)
    {
        if (name.StartsWith('#'))
        {
            return name;
        }

        var all = Variables().Matches(Sheet).Where(m => m.Groups["name"].Value == name).ToList();
        Assert.Equal(2, all.Count); // Light first, dark second.
        return all[look == "dark" ? 1 : 0].Groups["colour"].Value;
    }

    private static double Contrast(string one, string other)
    {
        var (a, b) = (Luminance(one), Luminance(other));
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
    }

    private static double Luminance(string colour)
    {
        var hex = colour.Length == 4 ? string.Concat(colour[1..].Select(c => $"{c}{c}")) : colour[1..];
        var parts = Enumerable.Range(0, 3).Select(i => byte.Parse(hex.AsSpan(i * 2, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0)
            .Select(c => c <= 0.04045 ? c / 12.92 : Math.Pow((c + 0.055) / 1.055, 2.4)).ToArray();
        return (0.2126 * parts[0]) + (0.7152 * parts[1]) + (0.0722 * parts[2]);
    }

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex Rules();

    [GeneratedRegex(@"(?<![-\w])color: (?:var\()?(?<colour>--[\w-]+|#[0-9a-f]{3,6})")]
    private static partial Regex Ink();

    [GeneratedRegex(@"background: (?:var\()?(?<colour>--[\w-]+|#[0-9a-f]{3,6})\b")]
    private static partial Regex Ground();

    [GeneratedRegex(@"(?<name>--[\w-]+): (?<colour>#[0-9a-f]{6})")]
    private static partial Regex Variables();
}
