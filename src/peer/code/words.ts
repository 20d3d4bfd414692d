/**
 * The words that codes are made of: short, known to most, and far apart. No two
 * have the same first three letters, and to make one of another takes at least
 * three slips of the keyboard.
 *
 * @module
 */

/** 256 words, so that each is worth 8 bits; in alphabetical order. */
export const WORDS: readonly string[] = `
  actor album almond amber apron arch arena artist aspen atlas attic
  autumn avenue badge bakery ballet bamboo banjo beacon bench berry
  bicycle bishop blossom border bottle bowl bread brick bucket buffalo
  button cabin cactus camel candle carpet cedar cement chalk chimney
  cinema circle citrus clay clock cocoa coffee copper coyote crayon
  crystal cube curtain cyclone daisy dancer dawn decade deer delta denim
  diamond diesel dolphin duck echo eclipse editor elder emerald engine
  evening fabric falcon feather fiddle field flute forest fossil frame
  friday fruit funnel galaxy garden gate gazelle giraffe glacier globe
  gold granite guitar harbor helmet hero hickory hill honey horse hunter
  iceberg icon igloo insect island ivory jaguar jasmine jewel jigsaw
  jockey juice jupiter kayak kitchen kiwi koala ladder lamp lantern laptop
  laurel leaf lemon leopard lettuce library lilac lizard lobster lotus
  magnet marble meadow metal mirror mitten monday muffin music napkin
  nature needle nest night north nutmeg oasis ocean octopus olive onion
  opal opera orange orchard otter oxygen palace panda paper parrot pebble
  pelican pencil piano picnic pigeon pilot pirate pizza planet polar poppy
  potato prism pumpkin puppet puzzle pyramid queen quilt rabbit radish
  raft raven recipe rhino ribbon roof saffron sailor salad school scooter
  shrimp silver sketch slipper smoke snail snow soap soccer spider stable
  storm straw studio sugar summer sunset sweater syrup taxi teapot temple
  tennis tiger toast tourist tree trumpet tulip turkey tuxedo twig uncle
  unicorn vanilla vessel village violin visitor volcano voyage vulture
  waffle wagon walnut wedding wheat whistle willow yacht yard yeti yogurt
  zebra zenith zigzag zinc zodiac
`.trim().split(/\s+/);
